// Labelled fields of forms, and a question that stands where its button was.

import { h, icon, onEscape, replace } from "./dom.js";
import { t } from "./i18n.js";

export const field = (label, input, hint) => h("label", { class: "field", title: hint }, h("span", {}, label), input);

/** A labelled box of choices; `text(value)` names each. */
export function choice(label, name, values, chosen, text, onchange) {
  return field(label, h("select", { name, onchange }, values.map((value) => h("option", { value, selected: value === chosen }, text(value)))));
}

export function numberBox(label, name, value, limits, hint) {
  return field(label, h("input", { type: "number", name, value: value ?? "", inputmode: "decimal", ...limits }), hint);
}

/** A button that chooses files, and the names of those that were chosen, in the language of the page and not of the browser. */
export function fileField(label, props, hint) {
  const said = h("span", { class: "hint words" }, t("files.none"));
  const tell = () => { said.textContent = [...box.files].map((file) => file.name).join(t("word.list")) || t("files.none"); };
  const box = h("input", { type: "file", class: "visually-hidden", ...props, onchange: tell });
  return h("label", { class: "field file-field", title: hint }, h("span", {}, label), box, h("span", { class: "file-choice" }, h("span", { class: "button" }, icon("upload"), t(props.multiple ? "files.choose_several" : "files.choose")), said));
}

/** A button that asks before it does what cannot be taken back. `content()` may hold a field; `sure(given, draft)` does it; `draft(form)`: the draft of what is typed there, `isOpen` where one is left of before. */
export function askedButton(label, question, sure, { action, content = null, isPrimary = false, draft = null, isOpen = false } = {}) {
  const place = h("div", { class: "asked" });
  const rest = () => replace(place, h("button", { type: "button", class: isPrimary ? "primary" : null, dataset: { action }, onclick: open }, label));
  const open = () => {
    const yes = h("button", { type: "submit", class: "primary", dataset: { action: `${action}-sure` } }, label);
    const back = () => { rest(); place.querySelector("button").focus(); };
    const no = h("button", { type: "button", onclick: back }, t("action.cancel"));
    const given = content?.();
    const form = h("form", { class: "question", onsubmit: (event) => { event.preventDefault(); sure(new FormData(event.target), drafted); } }, h("p", {}, question), given, h("p", { class: "buttons" }, yes, no));
    const drafted = draft?.(form);
    if (drafted) form.prepend(drafted.notice);
    replace(place, onEscape(form, back));
    (place.querySelector("input, textarea") ?? yes).focus();
  };
  if (isOpen) open();
  else rest();
  return place;
}
