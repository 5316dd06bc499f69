// Service worker of a guide's phone: keeps the files of the page, so that it opens while the line is down. They hold no
// data: answers of the service never pass through here. The service puts VERSION and FILES before this text.

const PLACE = `retail-brain.page ${registration.scope} `;
const KEPT = PLACE + VERSION;
const FIRST = registration.scope;
/** A line that has not brought the first file by then is as good as none. */
const LONGEST_WAIT_MS = 5_000;

const isOurs = (answer) => answer.ok && !answer.redirected;

/** All files of one version, or none of them. */
async function keepFiles() {
  const cache = await caches.open(KEPT);
  const keepOne = async (path) => {
    const answer = await fetch(path);
    if (!isOurs(answer)) throw new Error(`${path}: ${answer.status}`);
    await cache.put(path, answer);
  };
  try {
    const first = await fetch(FIRST);
    // the service may have been upgraded since it told this version
    if (!isOurs(first) || !(await first.clone().text()).includes(`"v/${VERSION}/`)) throw new Error(`${FIRST}: not ${VERSION}`);
    await cache.put(FIRST, first);
    await Promise.all(FILES.map(keepOne));
  } catch (error) {
    await caches.delete(KEPT);
    throw error;
  }
  await skipWaiting();
}

async function takeOver() {
  const older = (await caches.keys()).filter((name) => name.startsWith(PLACE) && name !== KEPT);
  await Promise.all(older.map((name) => caches.delete(name)));
  await clients.claim();
}

const keptFile = (address) => caches.match(address, { cacheName: KEPT, ignoreVary: true });

/** The page of the service, so that an upgrade shows at once; the kept one where it does not come. */
async function firstFile(request) {
  const kept = await keptFile(FIRST);
  if (!kept) return fetch(request);
  const late = new Promise((resolve) => { setTimeout(resolve, LONGEST_WAIT_MS, kept); });
  try {
    const answer = await Promise.race([fetch(request), late]);
    return answer.status >= 500 ? kept : answer;
  } catch {
    return kept;
  }
}

addEventListener("install", (event) => event.waitUntil(keepFiles()));
addEventListener("activate", (event) => event.waitUntil(takeOver()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && address.origin + address.pathname === FIRST) event.respondWith(firstFile(request));
  // files named by their version never change
  else if (request.url.startsWith(`${FIRST}v/${VERSION}/`)) event.respondWith(keptFile(request.url).then((kept) => kept ?? fetch(request)));
});
