// States of a view: loading, empty and failed.

import { h, icon, replace } from "./dom.js";
import { has, t } from "./i18n.js";
import { problemWords } from "./problems.js";

export function loading(lines = 4) {
  const bars = Array.from({ length: lines }, (_, index) => h("div", { class: `skeleton s${index % 4}` }));
  return h("div", { class: "loading", role: "status" }, h("span", { class: "visually-hidden" }, t("state.loading")), bars);
}

export function empty(title, hint) {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), hint ? h("p", {}, hint) : null);
}

/** What the service said, and what to do about it. */
export function failed(error, retry) {
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

/** A panel whose content is asked for when it is opened. */
export function opening(title, ask, signal) {
  const place = h("div");
  const open = (event) => { if (event.target.open && !place.childElementCount) fill(place, signal, ask); };
  return h("details", { class: "panel about", ontoggle: open }, h("summary", {}, title), place);
}
