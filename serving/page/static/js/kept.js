// What a guide's phone shows while the line is down, and drafts. It holds people's ids, so it lives and goes with the key of this tab.

const PREFIX = "retail-brain.kept.";
/** What was last looked at, by field: in local storage, so that a store is proposed again the next day. */
export const LAST_USED = "retail-brain.last.";

export function keep(name, value) {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify({ value, at: Date.now() }));
  } catch {
    // Without storage the list is there as long as the line is.
  }
}

/** What was kept and when (milliseconds), or null. */
export function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
}

/** An id of our own, so that what is sent twice counts once. */
export const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Names of all that is kept. */
export function keptNames() {
  try {
    return Object.keys(sessionStorage).filter((one) => one.startsWith(PREFIX)).map((one) => one.slice(PREFIX.length));
  } catch {
    return [];
  }
}

export function drop(name) {
  try {
    sessionStorage.removeItem(PREFIX + name);
  } catch {
    // Nothing was kept.
  }
}

export function forgetKept() {
  try {
    Object.keys(sessionStorage).filter((one) => one.startsWith(PREFIX)).forEach((one) => sessionStorage.removeItem(one));
  } catch {
    // Nothing was kept.
  }
}

/** The customer whom another key last looked at is nobody else's business. */
export function forgetLastCustomer() {
  try {
    localStorage.removeItem(`${LAST_USED}customer`);
  } catch {
    // Nothing was kept.
  }
}
