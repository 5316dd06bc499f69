// Client of the service's API: JSON over POST, an access key in the header, one error shape.

import { currentLanguage } from "./i18n.js";
import { forgetKept, forgetLastCustomer } from "./kept.js";

const BASE = new URL("../", document.baseURI);
const STORED = "retail-brain.key";
const TIMEOUT_MS = 60_000;
const TRIES = 12;

let key = null;
const cache = new Map();

/** A failure as the service (or the lack of it) tells it: `code` and `message` of its error shape. */
export class ApiError extends Error {
  constructor(status, code, message, details, retryAfter) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details ?? {};
    this.retryAfter = retryAfter ?? null;
  }

  get isAboutKey() {
    return this.status === 401 || this.status === 403;
  }
}

/** Takes `key=` out of the fragment into this tab's memory, so that it stays in no history and in no log. */
export function takeKey() {
  const fragment = location.hash.slice(1);
  const [path, query] = fragment.startsWith("/") ? fragment.split("?", 2) : ["", fragment];
  const params = new URLSearchParams(query ?? "");
  if (params.has("key")) {
    setKey(params.get("key"));
    params.delete("key");
    const rest = params.toString();
    history.replaceState(null, "", `#${path || "/"}${rest ? `?${rest}` : ""}`);
    return;
  }
  try {
    key ??= sessionStorage.getItem(STORED);
  } catch {
    key ??= null;
  }
}

/** Uses a key from now on; gives the one before. */
export function setKey(value) {
  const before = key;
  key = value?.trim() || null;
  cache.clear();
  forgetKept();
  if (key !== before) forgetLastCustomer();
  try {
    if (key) sessionStorage.setItem(STORED, key);
    else sessionStorage.removeItem(STORED);
  } catch {
    // Without storage the key lives as long as the page.
  }
  return before;
}

export const hasKey = () => key !== null;

function headers() {
  const values = { "content-type": "application/json", "accept-language": currentLanguage() };
  if (key) values.authorization = `Bearer ${key}`;
  return values;
}

async function failure(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    // Not JSON: a proxy's page or plain text.
  }
  const error = body?.error;
  const about = typeof error === "object" && error !== null ? error : { message: typeof error === "string" ? error : "" };
  const retry = Number(response.headers.get("retry-after")) || null;
  const message = about.message || `${response.status} ${response.statusText}`.trim();
  return new ApiError(response.status, about.code ?? `http_${response.status}`, message, about.details, retry);
}

/** Asks a route. Raises ApiError; an abort by the caller passes through as AbortError. */
export async function call(route, body = {}, { signal, timeout: most = TIMEOUT_MS } = {}) {
  const timeout = AbortSignal.timeout(most);
  let response;
  try {
    response = await fetch(new URL(route, BASE), {
      method: "POST",
      headers: headers(),
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const which = error.name === "TimeoutError" ? "timeout" : "unreachable";
    throw new ApiError(0, which, "", {});
  }
  if (!response.ok) throw await failure(response);
  try {
    return noted(await response.json());
  } catch {
    throw new ApiError(response.status, "bad_answer", "", {});
  }
}

/** Whether the service is there and has answers; asks for nothing else. */
export async function isThere() {
  try {
    return (await fetch(new URL("readyz", BASE), { credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) })).ok;
  } catch {
    return false;
  }
}

const named = { product: new Map(), guide: new Map(), store: new Map() };

/** Keeps the names that an answer tells, for sentences of the service about ids: `names` are those of products alone. */
function noted(answer) {
  Object.entries(answer?.names ?? {}).forEach(([id, name]) => { if (typeof name === "string") named.product.set(id, name); });
  Object.entries(answer?.store_names ?? {}).forEach(([id, name]) => named.store.set(id, name));
  (Array.isArray(answer?.guides) ? answer.guides : []).forEach((one) => { if (one?.name) named.guide.set(one.guide_id, one.name); });
  return answer;
}

/** What an answer called a product, a guide or a store of elsewhere; the id where none did. */
export const calledName = (kind, id) => named[kind].get(id) ?? id;

/** Like `call`, asked again while the service works out what takes longer than one question may. */
export async function workedOut(route, body, { signal }) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call(route, body, { signal });
    } catch (error) {
      if (signal.aborted || error.status !== 503 || !error.retryAfter || tries === TRIES) throw error;
      await new Promise((resolve) => { setTimeout(resolve, error.retryAfter * 1000); });
    }
  }
}

/**
 * Every row of a route that gives the list `list` by pages: page after page until all of the answer's `total` are there.
 * `row(one, answer)` makes a row of what an answer holds, with the names of its page at hand.
 */
export async function everyRow(route, list, body, { limit, signal, row = (one) => one }) {
  const rows = [];
  for (;;) {
    const answer = await call(route, { ...body, limit, offset: rows.length }, { signal });
    rows.push(...answer[list].map((one) => row(one, answer)));
    if (rows.length >= answer.total || !answer[list].length) return rows;
  }
}

/** Like `call`, answering the same question from memory for as long as the page lives. */
export async function remembered(route, body, options) {
  const question = `${currentLanguage()} ${route} ${JSON.stringify(body)}`;
  if (cache.has(question)) return cache.get(question);
  const answer = await call(route, body, options);
  if (cache.size > 200) cache.delete(cache.keys().next().value);
  cache.set(question, answer);
  return answer;
}

export async function search(kind, query, { storeId, limit = 12, signal } = {}) {
  const body = { kind, query, limit };
  if (storeId) body.store_id = storeId;
  const { items = [] } = await remembered("search", body, { signal });
  if (kind === "product") items.forEach((item) => { if (item.name) named.product.set(item.id, item.name); });
  return items;
}

/** The item with exactly this id, or one made of the id alone where the service does not list it. */
export async function lookUp(kind, id, options) {
  try {
    const items = await search(kind, id, { ...options, limit: 500 });
    return items.find((item) => item.id === id) ?? { id, name: id, detail: "" };
  } catch (error) {
    if (options?.signal?.aborted || error.isAboutKey) throw error;
    return { id, name: id, detail: "" };
  }
}
