// Labelled fields of forms, and a question that stands where its button was.

import { h, replace } from "./dom.js";
import { t } from "./i18n.js";

export const field = (label, input, hint) => h("label", { class: "field", title: hint }, h("span", {}, label), input);

/** A labelled box of choices; `text(value)` names each. */
export function choice(label, name, values, chosen, text, onchange) {
  return field(label, h("select", { name, onchange }, values.map((value) => h("option", { value, selected: value === chosen }, text(value)))));
}

export function numberBox(label, name, value, limits, hint) {
  return field(label, h("input", { type: "number", name, value: value ?? "", inputmode: "decimal", ...limits }), hint);
}

/** A button that asks before it does what cannot be taken back. `ask` may hold a field; `sure()` does it. */
export function askedButton(label, question, sure, { action, content = null } = {}) {
  const place = h("div", { class: "asked" });
  const rest = () => replace(place, h("button", { type: "button", dataset: { action }, onclick: open }, label));
  const open = () => {
    const yes = h("button", { type: "submit", class: "primary", dataset: { action: `${action}-sure` } }, label);
    const no = h("button", { type: "button", onclick: () => { rest(); place.querySelector("button").focus(); } }, t("action.cancel"));
    const given = content?.();
    replace(place, h("form", { class: "question", onsubmit: (event) => { event.preventDefault(); sure(new FormData(event.target)); } }, h("p", {}, question), given, h("p", { class: "buttons" }, yes, no)));
    (place.querySelector("input, textarea") ?? yes).focus();
  };
  rest();
  return place;
}
