// What was typed into a form and is not saved yet: kept in this tab, and gone with its key.

import { h, replace } from "./dom.js";
import { t } from "./i18n.js";
import { kept, newId } from "./kept.js";
import { isPassing } from "./problems.js";
import { dropTyped, isShownHere, keepTyped } from "./unsent.js";

const PREFIX = "draft.";
const named = (form) => [...form.elements].filter((one) => one.name && one.type !== "file" && one.type !== "password");
const isBox = (one) => ["checkbox", "radio"].includes(one.type);
/** A field's name, which row it is of where there are several, and of boxes of one name also which of them. */
const fieldOf = (one) => `${one.dataset.row ? `${one.dataset.row} ` : ""}${isBox(one) ? `${one.name}=${one.value}` : one.name}`;
const read = (form) => Object.fromEntries(named(form).map((one) => [fieldOf(one), isBox(one) ? one.checked : one.value]));

/** What a draft holds beside the fields of its form; null where there is no draft. */
export const draftOf = (name) => kept(PREFIX + name)?.value ?? null;

/** Gives a draft up whose form is no more, as where what it was to do is done; tells whether it had been sent. */
export function forgetDraft(name) {
  const wasSent = Boolean(kept(PREFIX + name)?.value?.unsent);
  dropTyped(PREFIX + name);
  return wasSent;
}

/** Field by field: what is chosen in one may bring others. */
function fillFrom(form, fields) {
  for (const [key, value] of Object.entries(fields)) {
    const one = named(form).find((each) => fieldOf(each) === key);
    if (!one || (isBox(one) ? one.checked : one.value) === value) continue;
    if (isBox(one)) one.checked = value;
    else one.value = value;
    one.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/**
 * Fills a form with its draft and keeps what is typed from then on, and what could not be sent as such.
 * @param {object} options more(): what no field holds; of: the text that names the form elsewhere, [key, facts]; again(): sends once more; onlyUnsent: what was never sent goes with its form
 * @returns notice (blank without a draft; what was not sent is a press away, so is the form without it), isKept, changed() to keep it now, send(work) that keeps it until it has come
 */
export function keepDraft(form, name, { more = () => null, of, again = () => form.requestSubmit(), onlyUnsent = false } = {}) {
  const place = PREFIX + name;
  const draft = draftOf(name);
  if (draft) fillFrom(form, draft.fields);
  let isOver = false;
  let unsent = draft?.unsent ?? null;
  let sent = draft?.sent ?? null;
  const write = () => { if (!isOver && (unsent || !onlyUnsent)) keepTyped(place, { fields: read(form), more: more(), sent, unsent }); };
  /** What is over has no id any more: the same words once more are another thing. */
  const over = () => { isOver = true; unsent = sent = null; dropTyped(place); };
  const anew = () => { over(); dispatchEvent(new HashChangeEvent("hashchange")); };
  const button = (action, key, onclick) => h("button", { type: "button", dataset: { action }, onclick }, t(key));
  const notice = h("div", { class: "draft-notice" });
  const say = () => {
    const keys = unsent ? ["unsent.form", "grid.send_again"] : ["draft.kept", null];
    replace(notice, h("p", { role: "status", class: `notice buttons ${unsent ? "warn" : ""}`, dataset: unsent ? { unsent: "" } : { draft: "" } }, t(keys[0]), " ", keys[1] ? button("send-again", keys[1], again) : null, " ", button("drop-draft", unsent ? "unsent.drop" : "draft.drop", anew)));
  };
  form.addEventListener("input", write);
  form.addEventListener("change", write);
  isShownHere(place, form);
  if (draft) say();

  /** The same content after a failure goes under the same id: it may have been stored without our hearing of it. */
  const idOf = (content) => {
    if (sent?.content !== content) sent = { content, id: newId() };
    return sent.id;
  };
  /** Something else was sent from this form meanwhile, in another view of it: what stands there is not ours to drop. */
  const isOthers = (id) => (draftOf(name)?.sent?.id ?? id) !== id;
  /** `work(id)` sends; who leaves meanwhile, or hears nobody answer, finds it again as not sent. */
  const send = async (work) => {
    const id = idOf(JSON.stringify([read(form), more()]));
    isOver = false;
    unsent = { of, address: location.hash };
    write();
    try {
      const answer = await work(id);
      if (isOthers(id)) return answer;
      over();
      replace(notice);
      return answer;
    } catch (error) {
      if (isOthers(id)) throw error;
      if (isPassing(error)) say();
      else {
        unsent = null;
        replace(notice);
        if (onlyUnsent) dropTyped(place);
        else write();
      }
      throw error;
    }
  };
  return { notice, isKept: Boolean(draft), changed: write, send };
}
