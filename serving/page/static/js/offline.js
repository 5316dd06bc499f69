// A guide's page opens without a line: a service worker keeps its files, which hold no data. What they show is in kept.js.

const WORKER = new URL("offline_worker.js", document.baseURI).href;
const NAMES = "retail-brain.page ";

/** The one policy that the page's headers allow: it lets the address of our worker through and nothing else. */
const policy = globalThis.trustedTypes?.createPolicy("retail-brain-offline", {
  createScriptURL(address) {
    if (address !== WORKER) throw new TypeError(`${address} is not the worker of this page`);
    return address;
  },
});

/** Whether the page opens without a line. Browsers give service workers to pages of https and of this machine only. */
export async function opensOffline() {
  try {
    return Boolean((await navigator.serviceWorker?.getRegistration())?.active);
  } catch {
    return false;
  }
}

/** Has the page's files kept; where the browser does not, the page says that it must stay open. */
export async function keepPage() {
  try {
    await navigator.serviceWorker?.register(policy ? policy.createScriptURL(WORKER) : WORKER);
  } catch (error) {
    console.info(error);
  }
}

/** Forgets them: a phone that was signed out opens as any other. */
export async function forgetPage() {
  try {
    await (await navigator.serviceWorker?.getRegistration())?.unregister();
    const names = (await globalThis.caches?.keys()) ?? [];
    await Promise.all(names.filter((one) => one.startsWith(NAMES)).map((one) => caches.delete(one)));
  } catch (error) {
    console.info(error);
  }
}
