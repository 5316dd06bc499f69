// What was decided and noted about a line so far, and a field for a comment, which decides nothing.

import { call } from "../api.js";
import { h, name, uniqueId } from "../dom.js";
import { keepDraft } from "../drafts.js";
import { moment, t, units } from "../i18n.js";
import { failureText } from "../problems.js";
import { fill } from "../states.js";

const MOST_LETTERS = 1000;

function decisionEntry(one) {
  const withdrawn = one.withdrawn_at ? ` (${t("history.withdrawn", { by: one.withdrawn_by ?? "" })}, ${moment(one.withdrawn_at)})` : null;
  return h("li", { class: one.withdrawn_at ? "ended" : "" }, h("strong", {}, moment(one.decided_at)), " ", t(`history.${one.decision}`, { suggested: units(one.suggested_quantity), units: units(one.order_quantity) }), " ", h("span", { class: "hint" }, name(one.decided_by), one.reason ? [": ", name(one.reason)] : null, withdrawn));
}

function commentEntry(one) {
  return h("li", { class: "comment" }, h("strong", {}, moment(one.commented_at)), " ", h("span", { class: "hint" }, name(one.commented_by), ": "), name(one.text));
}

/** Decisions and comments of a line, newest first, decisions taken back among them. */
async function lineHistory(line, signal) {
  const { decisions, comments = [] } = await call("line_history", { store_id: line.store_id, product_id: line.product_id }, { signal });
  const entries = [
    ...decisions.map((one) => ({ at: Date.parse(one.decided_at), shown: decisionEntry(one) })),
    ...comments.map((one) => ({ at: Date.parse(one.commented_at), shown: commentEntry(one) })),
  ].sort((one, other) => other.at - one.at);
  return entries.length ? h("ul", { class: "line-history" }, entries.map((one) => one.shown)) : h("p", { class: "hint" }, t("history.none"));
}

/** A field and a button; `onstored()` follows a comment that was stored. What was not stored stays in the field. */
function commentForm(line, signal, onstored) {
  const field = h("input", { id: uniqueId("comment"), name: "comment", type: "text", maxlength: String(MOST_LETTERS), dataset: { comment: "text" }, autocomplete: "off" });
  const problem = h("p", { class: "form-problem", role: "alert" });
  const said = h("p", { class: "hint", role: "status" });
  const button = h("button", { dataset: { comment: "store" } }, t("comment.store"));
  const store = async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    problem.textContent = said.textContent = "";
    const text = field.value.trim();
    if (!text) {
      problem.textContent = t("comment.empty");
      field.focus();
      return;
    }
    button.disabled = true;
    try {
      await draft.send((id) => call("line_comment", { comment_id: id, store_id: line.store_id, product_id: line.product_id, text }));
      if (signal.aborted) return;
      field.value = "";
      said.textContent = t("comment.stored");
      onstored();
    } catch (error) {
      if (!signal.aborted) problem.textContent = failureText(error);
    } finally {
      button.disabled = false;
      field.focus();
    }
  };
  const form = h("form", { class: "comment-form", onsubmit: store }, h("label", { for: field.id }, t("comment.label")), field, button, problem, said);
  const draft = keepDraft(form, `comment ${line.store_id} ${line.product_id}`, { of: ["unsent.comment", { product: line.product_name, store: line.store_name }], onlyUnsent: true });
  form.prepend(draft.notice);
  return form;
}

/** The history of a line, with a field for a comment where the key may decide; `oncomment()` after one was stored. */
export function historyPanel(line, { mayComment, signal, oncomment }) {
  const list = h("div");
  const show = () => fill(list, signal, () => lineHistory(line, signal), { lines: 2 });
  show();
  return [h("h3", {}, t("history.title")), mayComment ? commentForm(line, signal, () => { show(); oncomment(); }) : null, list];
}
