// What was sent and did not come: kept in this tab with where it was typed, and told on every other view until it is sent or given up.

import { h, replace } from "./dom.js";
import { t } from "./i18n.js";
import { drop, keep, kept, keptNames } from "./kept.js";

/** Name of what is kept -> the element that shows it. */
const shown = new Map();
const tell = () => dispatchEvent(new Event("unsent"));

/** The element shows what is kept under this name, so that nothing else need tell of it while it is on the screen. */
export function isShownHere(name, element) {
  if (shown.get(name) === element) return;
  shown.set(name, element);
  tell();
}

/** Keeps what was typed; `value.unsent` ({of: [key, facts], address}) where it could not be sent. */
export function keepTyped(name, value) {
  keep(name, value);
  tell();
}

/** Forgets it: it has come, or is given up. */
export function dropTyped(name) {
  drop(name);
  tell();
}

/** Without the language, which may be another one by now. */
function back(address) {
  const [path, query] = address.split("?", 2);
  const params = new URLSearchParams(query ?? "");
  params.delete("lang");
  return params.size ? `${path}?${params}` : path;
}

const elsewhere = () => keptNames().map((name) => [name, kept(name)?.value?.unsent]).filter(([name, unsent]) => unsent?.of && !shown.get(name)?.isConnected).map(([, unsent]) => unsent);

/** How many things were typed here and are not stored: drafts of forms, and what could not be sent. */
export const typedCount = () => keptNames().filter((name) => name.startsWith("draft.") || kept(name)?.value?.unsent).length;

/** A line at the top that names what was not sent and is not on the screen, each with the way to it. */
export function unsentBar() {
  const bar = h("div", { class: "unsent-bar", role: "status" });
  const draw = () => {
    const left = elsewhere();
    replace(bar, left.length ? h("p", { class: "notice warn", dataset: { unsentElsewhere: left.length } }, t("unsent.elsewhere"), " ", left.map(({ of: [key, facts], address }, place) => [place ? t("word.list") : null, h("a", { href: back(address) }, t(key, facts))])) : null);
  };
  // what is drawn anew now is in its place a moment later
  const soon = () => setTimeout(draw, 0);
  const over = new AbortController();
  const look = () => { if (bar.isConnected) soon(); else over.abort(); };
  ["unsent", "opened", "hashchange"].forEach((event) => addEventListener(event, look, { signal: over.signal }));
  document.addEventListener("close", look, { signal: over.signal, capture: true });
  soon();
  return bar;
}
