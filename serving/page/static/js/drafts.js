// What was typed into a form and is not saved yet: kept in this tab, and gone with its key.

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { drop, keep, kept } from "./kept.js";

const PREFIX = "draft.";
const named = (form) => [...form.elements].filter((one) => one.name && one.type !== "file" && one.type !== "password");
const isBox = (one) => ["checkbox", "radio"].includes(one.type);
/** A field's name, and of boxes of one name also which of them. */
const fieldOf = (one) => (isBox(one) ? `${one.name}=${one.value}` : one.name);
const read = (form) => Object.fromEntries(named(form).map((one) => [fieldOf(one), isBox(one) ? one.checked : one.value]));

/** What a draft holds beside the fields of its form; null where there is no draft. */
export const draftOf = (name) => kept(PREFIX + name)?.value ?? null;

/**
 * Fills a form with its draft and keeps what is typed from then on. `more()` gives what no field holds.
 * @returns notice (null without a draft; the form without it is a press away), changed() to keep it now, forget() once it is saved
 */
export function keepDraft(form, name, { more = () => null } = {}) {
  const draft = draftOf(name);
  if (draft) {
    for (const one of named(form)) {
      const value = draft.fields[fieldOf(one)];
      if (value === undefined) continue;
      if (isBox(one)) one.checked = value;
      else one.value = value;
      one.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
  let isOver = false;
  const write = () => { if (!isOver) keep(PREFIX + name, { fields: read(form), more: more() }); };
  form.addEventListener("input", write);
  form.addEventListener("change", write);
  const over = () => { isOver = true; drop(PREFIX + name); };
  const anew = () => { over(); dispatchEvent(new HashChangeEvent("hashchange")); };
  const notice = draft ? h("p", { class: "notice buttons", role: "status", dataset: { draft: "" } }, t("draft.kept"), " ", h("button", { type: "button", dataset: { action: "drop-draft" }, onclick: anew }, t("draft.drop"))) : null;
  return { notice, changed: write, forget: over };
}
