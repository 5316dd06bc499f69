// The address of a view: #/VIEW?name=value, which anyone may bookmark or send.

import { LAST_USED } from "./kept.js";
import { may, mayRunJobs, placeKind, seesShops } from "./rights.js";

export const VIEWS = ["overview", "orders", "forecast", "stock", "campaigns", "audience", "segments", "person", "guide", "rules", "funnel", "assets", "anomalies", "calendar", "models", "quarantine", "jobs"];

const ROLE_VIEWS = {
  set_up: ["jobs"],
  merchandiser: ["overview", "orders", "forecast", "stock", "anomalies", "calendar"],
  marketer: ["overview", "campaigns", "audience", "segments", "person", "guide", "rules", "funnel", "assets", "calendar"],
  data_scientist: ["overview", "models", "forecast", "anomalies", "segments", "funnel", "assets", "orders", "stock", "campaigns", "audience", "person", "rules", "calendar", "quarantine", "jobs"],
};

/** Rights of which one opens a view; the others open with every key. */
const NEEDS = { orders: ["stock:read"], stock: ["stock:read", "people:read"], forecast: ["demand:read"], anomalies: ["demand:read", "stock:read"], models: ["models:read"], quarantine: ["data:read"], jobs: ["jobs:run"], ...Object.fromEntries(["campaigns", "audience", "segments", "person", "rules", "funnel", "assets"].map((view) => [view, ["people:read"]])), guide: ["campaigns:write"] };

/** Whether the key opens a view; excess stock is handed over by whom campaigns are closed to. */
export function mayOpen(view, params, role) {
  // lists of shops answer a guide's own key with nothing, which is not to say that there is nothing
  if (placeKind() === "guide" && !viewsFor(role).includes(view)) return false;
  if (view === "jobs" && !mayRunJobs()) return false;
  if (view === "campaigns" && params.get("new") === "leftovers" && may("campaigns:propose")) return true;
  return !NEEDS[view] || NEEDS[view].some(may);
}

/** Roles that have a view in their menu. */
export const rolesWith = (view) => [...Object.keys(ROLE_VIEWS).filter((role) => role !== "set_up" && ROLE_VIEWS[role].includes(view)), "admin"];

/** Views that stand in the bar itself; the others are behind "More". */
export const IN_BAR = 6;

/** Of a role's views those that answer for a guide's key with shops; the others are headquarters' alone. */
const SHOP_VIEWS = new Set(["orders", "forecast", "stock", "anomalies", "calendar"]);

/** The views that a role's key opens, those of every day first. Jobs change the data of all: headquarters' alone. */
export function viewsFor(role) {
  const views = (ROLE_VIEWS[role] ?? VIEWS).filter((view) => view !== "jobs" || mayRunJobs());
  if (placeKind() !== "guide") return views;
  return [...(may("people:read") ? ["guide", "person"] : []), ...(seesShops() ? views.filter((view) => SHOP_VIEWS.has(view)) : [])];
}

/** Rewrites an address of the list of one store, which the grid of all stores took the place of. */
export function followMoved() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?", 2);
  if (path !== "replenishment") return;
  const params = new URLSearchParams(query ?? "");
  if (params.has("filter")) params.set("show", params.get("filter"));
  // the list was sorted by its reason, worst first, where the grid has a column of flags
  if (params.has("sort")) params.set("sort", params.get("sort").replace(/^reason:.*/, "urgency:desc"));
  params.delete("filter");
  history.replaceState(null, "", `#/orders${params.size ? `?${params}` : ""}`);
}

export function readRoute() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const view = VIEWS.includes(path) ? path : "overview";
  return { view, params: new URLSearchParams(query ?? "") };
}

/** What the address names in the place of a view and is none; blank where it is one. */
export function strangeView() {
  const [path] = location.hash.replace(/^#\/?/, "").split("?", 1);
  return path && !VIEWS.includes(path) && !path.includes("=") ? path : "";
}

export function address(view, params = {}) {
  const query = new URLSearchParams();
  for (const [field, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") query.append(field, one);
    }
  }
  const text = query.toString();
  return `#/${view}${text ? `?${text}` : ""}`;
}

function changed(changes) {
  const { view, params } = readRoute();
  for (const [field, value] of Object.entries(changes)) {
    const values = (Array.isArray(value) ? value : [value]).filter((one) => one !== null && one !== undefined && one !== "");
    if (values.length) params.set(field, values[0]);
    else params.delete(field);
    values.slice(1).forEach((one) => params.append(field, one));
  }
  const query = params.toString();
  return `#/${view}${query ? `?${query}` : ""}`;
}

/** Changes parameters of the present address without leaving the view; null or "" takes one away. */
export function patchParams(changes) {
  history.replaceState(history.state, "", changed(changes));
}

/**
 * Writes what the address left open into it, by a view that was drawn from `params`. Back and Forward change the address
 * before their event comes: what is under way then must not write over the one that is to be shown next.
 */
export function fillParams(params, changes) {
  if (String(readRoute().params) === String(params)) patchParams(changes);
}

/** The same as a new entry of the history, so that Back returns to what was shown before. */
export function pushParams(changes) {
  const next = changed(changes);
  if (next !== location.hash) history.pushState(null, "", next);
}

/** Names of what stands open in the view: panels that Back closes and a link opens. */
export const openNames = () => readRoute().params.getAll("open");
export const isOpen = (which) => openNames().includes(which);

/** Tells the view that the address opens or closes something in it. */
const tellOpened = () => dispatchEvent(new Event("opened"));

/** Opens something: a new entry of the history. */
export function open(which) {
  if (!isOpen(which)) history.pushState({ opened: which }, "", changed({ open: [...openNames(), which] }));
  tellOpened();
}

/** Closes it: back to the entry before where that opened it, so that Forward opens it again. */
export function close(which) {
  if (!isOpen(which)) return;
  if (history.state?.opened === which) {
    history.back();
    return;
  }
  patchParams({ open: openNames().filter((one) => one !== which) });
  tellOpened();
}

function apartFromOpen(text) {
  const url = new URL(text);
  const [path, query] = url.hash.split("?", 2);
  const params = new URLSearchParams(query ?? "");
  params.delete("open");
  return `${url.pathname}${url.search}${path}?${params}`;
}

/** Follows a step of the history that only opens or closes something in the view; whether it was one. */
export function followOpened({ oldURL, newURL }) {
  const isOne = Boolean(oldURL) && apartFromOpen(oldURL) === apartFromOpen(newURL);
  if (isOne) tellOpened();
  return isOne;
}


/** What was last looked at in this browser (ids only), so that a view opens where one left it. */
export function lastUsed(field) {
  try {
    return localStorage.getItem(LAST_USED + field);
  } catch {
    return null;
  }
}

export function forgetLastUsed() {
  try {
    Object.keys(localStorage).filter((one) => one.startsWith(LAST_USED)).forEach((one) => localStorage.removeItem(one));
  } catch {
    // Nothing was kept.
  }
}

export function remember(field, value) {
  try {
    if (value) localStorage.setItem(LAST_USED + field, value);
  } catch {
    // Nothing is kept then.
  }
}
