// States of a view: loading, empty and failed.

import { isThere } from "./api.js";
import { h, icon, isPhone, replace } from "./dom.js";
import { has, t } from "./i18n.js";
import { addressed } from "./openable.js";
import { problemWords } from "./problems.js";

/** No answer, or one of what stands before the service: it may be back at any moment. */
const PASSING = new Set([0, 502, 503, 504]);

export function loading(lines = 4) {
  const bars = Array.from({ length: lines }, (_, index) => h("div", { class: `skeleton s${index % 4}` }));
  return h("div", { class: "loading", role: "status" }, h("span", { class: "visually-hidden" }, t("state.loading")), bars);
}

export function empty(title, hint) {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), hint ? h("p", {}, hint) : null);
}

const [FIRST_LOOK_MS, LONGEST_LOOK_MS] = [3_000, 60_000];
/** Looks without success since something was shown; they come at longer and longer distances. */
let looks = 0;

/** Tries again by itself as long as the failure is shown: first whether anybody answers, which costs nothing. */
function tryByItself(element, error, retry) {
  const look = async () => {
    if (!element.isConnected) return;
    const answers = !document.hidden && (await isThere());
    if (!element.isConnected) return;
    if (answers) retry();
    else wait();
  };
  const wait = () => {
    const usual = Math.min(FIRST_LOOK_MS * 2 ** looks, LONGEST_LOOK_MS);
    looks += 1;
    setTimeout(look, Math.max(usual, (error.retryAfter ?? 0) * 1000));
  };
  wait();
}

/** Something came: the next failure is looked after soon again. */
export const succeeded = () => { looks = 0; };

/** What the service said, and what to do about it. */
export function failed(error, retry) {
  const byItself = Boolean(retry) && PASSING.has(error?.status);
  const element = failure(error, error?.status === 403 ? null : retry, byItself);
  if (byItself) tryByItself(element, error, retry);
  return element;
}

function failure(error, retry, byItself) {
  const hasText = error?.code && has(`error.${error.code}.title`);
  const kind = hasText ? error.code : error?.status === 401 ? "key" : error?.status === 403 ? "role" : error?.status === 0 ? "unreachable" : error?.status >= 500 ? "server" : error?.status ? "request" : "page";
  const wait = error?.retryAfter ? `${t("sentence.space")}${t("error.retry_after", { seconds: error.retryAfter })}` : "";
  return h(
    "div",
    { class: "failed", role: "alert" },
    icon("alert"),
    h(
      "div",
      {},
      h("p", { class: "failed-title" }, t(`error.${kind}.title`)),
      error?.message ? h("p", { class: "failed-message" }, problemWords(error)) : null,
      byItself ? h("p", { class: "hint" }, t("error.by_itself")) : null,
      // the sentence of a problem says what to do already
      h("p", { class: "failed-remedy" }, (error?.details?.problem ? "" : t(`error.${kind}.remedy`)) + wait),
      h(
        "p",
        { class: "buttons" },
        retry ? h("button", { type: "button", class: "primary", onclick: retry }, t("action.retry")) : null,
        error?.isAboutKey ? h("button", { type: "button", onclick: () => dispatchEvent(new CustomEvent("ask-key", { detail: error })) }, t("key.enter")) : null,
      ),
    ),
  );
}

/** After so many milliseconds who waits is told so in words. */
const SLOW_MS = 3_000;

/**
 * Fills a place with what `work` gives: waiting, then the result or the failure with a way to try again.
 * Later calls on the same place win over earlier ones still under way. `slow`: what is said after seconds.
 */
export async function fill(place, signal, work, { lines, slow = "state.slow" } = {}) {
  const turn = (place.turn ?? 0) + 1;
  place.turn = turn;
  place.setAttribute("aria-busy", "true");
  replace(place, loading(lines));
  const current = () => place.turn === turn && !signal?.aborted;
  const telling = setTimeout(() => { if (current()) place.querySelector(".loading")?.append(h("p", { class: "hint" }, t(slow))); }, SLOW_MS);
  try {
    const result = await work();
    succeeded();
    if (current()) replace(place, result);
  } catch (error) {
    if (!current()) return;
    if (!("status" in error)) console.error(error);
    replace(place, failed(error, () => fill(place, signal, work, { lines, slow })));
    if (error.status === 401) dispatchEvent(new CustomEvent("ask-key", { detail: error }));
  } finally {
    clearTimeout(telling);
    if (current()) place.removeAttribute("aria-busy");
  }
}

/** A panel that a phone shows by its title alone until it is opened. */
export const foldedPanel = (title, content, kind = "", props = {}) => (isPhone() ? h("details", { class: `panel about ${kind}`.trim(), ...props }, h("summary", {}, title), content) : h("section", { class: `panel ${kind}`.trim(), ...props }, h("h2", {}, title), content));

/** Content that a phone folds under a title, and a wider screen shows as it is. */
export const folded = (title, ...content) => (isPhone() ? h("details", { class: "folded" }, h("summary", {}, title), content) : content);

/** A panel whose content is asked for when it is opened; `which` names it in the address. */
export function opening(which, title, ask, signal) {
  const place = h("div");
  const open = (event) => { if (event.target.open && !place.childElementCount) fill(place, signal, ask); };
  return addressed(h("details", { class: "panel about", ontoggle: open }, h("summary", {}, title), place), which, signal);
}
