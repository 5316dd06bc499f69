// Deciding on many lines: shows the difference first, then stores it in one request, and takes it back.

import { call } from "../api.js";
import { decidedSentence, refusal, yoursSentence } from "../decisions.js";
import { h, icon, name, onEscape, replace } from "../dom.js";
import { money, t, units } from "../i18n.js";
import { newId } from "../kept.js";
import { isPassing } from "../problems.js";
import { dropTyped, keepTyped } from "../unsent.js";
import { asked } from "./state.js";

/** The letters of an id that decisions of a batch begin with. */
const BATCH_LETTERS = 24;
/** Where a request about many lines that was sent and has not come stands, with its id: it outlives the view, others stay beside it. */
export const BATCH = "batch ";
export const nameOfBatch = ({ action, lines, view }) => [`unsent.batch.${action}`, { count: lines?.length ?? view.seen_lines }];
const keepBatch = (request) => keepTyped(BATCH + request.batch_id, { request, unsent: { of: nameOfBatch(request), address: location.hash } });
export const dropBatch = (request) => dropTyped(BATCH + request.batch_id);

/** What becomes of the lines: their sum where it stays as it is, else units and money before and after. */
function sumText(answer, action) {
  const head = t(action === "change" ? "bulk.lines" : `bulk.lines_${action}`, { count: answer.lines });
  if (action === "approve" && answer.units === answer.units_after) {
    return [h("strong", {}, head), t("sentence.space"), answer.cost === null ? t("bulk.sum_units", { units: units(answer.units) }) : t("bulk.sum", { units: units(answer.units), cost: money(answer.cost, 0) })];
  }
  const cost = answer.cost === null ? null : t("bulk.cost", { before: money(answer.cost, 0), after: money(answer.cost_after, 0) });
  return [h("strong", {}, head), t("sentence.space"), t("bulk.units", { before: units(answer.units), after: units(answer.units_after) }), t("sentence.space"), cost];
}

/** Lines that stay as they are and why: a share that is rounded to packs may come back to where it was. */
function leftText({ skipped }, { packs, percent }) {
  const isRounded = Boolean(packs && percent);
  return [["exported", skipped.exported], [isRounded ? "rounded" : "same", skipped.same]].filter(([, count]) => count).map(([key, count]) => t(`bulk.skipped.${key}`, { count }));
}

/** What a line goes beyond, in words. */
export const beyondText = (row) => row.codes.map((code) => t(`bulk.code.${code}`)).join(t("word.list"));

/** Units and money before and after, what is left as it is, and what goes beyond limits. */
export function differenceText(answer, change) {
  const left = leftText(answer, change);
  return h("div", { class: "difference", role: "status" },
    h("p", {}, answer.lines ? sumText(answer, change.action) : h("strong", {}, t("bulk.nothing")), answer.lines && answer.unknown_cost && answer.cost !== null ? ` ${t("bulk.unknown_cost", { count: answer.unknown_cost })}` : null),
    left.length ? h("p", { class: "hint" }, left.join(t("sentence.space"))) : null,
    answer.beyond_lines ? h("details", { class: "warn", open: true }, h("summary", {}, t("bulk.beyond", { count: answer.beyond_lines })), h("ul", {}, answer.beyond.map((row) => h("li", {}, name(row.product_name), " · ", name(row.store_name), ": ", units(row.order_quantity), " (", beyondText(row), ")")))) : null);
}

/** Lines that somebody else decided since they were seen, each with who, when and what. */
function decidedText(conflict) {
  const { decided, decided_lines: count } = conflict;
  return h("div", { class: "warn decided", role: "alert" }, h("p", {}, t("decided.lines", { count })), h("ul", {}, decided.map((one) => h("li", {}, decidedSentence(one)))), conflict.yours ? h("p", {}, yoursSentence(conflict)) : null);
}

/** The check of a request and, on "Apply", its storing. `ondone` gets the stored answer, or null where it was cancelled; `onnothing` goes on where nothing would change or the check was refused, `onreload` where others decided meanwhile; `onchecked` gets the answer of the check. */
export function askThenStore(place, body, { signal, ondone, onfail, onnothing, onreload, onchecked }) {
  const request = { batch_id: newId().slice(0, BATCH_LETTERS), ...body };
  const over = () => dropBatch(request);
  const put = (...content) => replace(place, h("div", { dataset: { batch: request.batch_id } }, content));
  const cancel = () => { over(); replace(place); ondone(null); };
  const stale = (told) => {
    const again = h("button", { type: "button", class: "primary", dataset: { bulk: "reload" }, onclick: () => { replace(place); onreload(); } }, t("decided.reload"));
    put(decidedText(told), onEscape(h("p", { class: "buttons" }, again, h("button", { type: "button", dataset: { bulk: "cancel" }, onclick: cancel }, t("action.cancel"))), cancel));
    again.focus();
  };
  const store = async (confirmed, button) => {
    button.disabled = true;
    keepBatch(request);
    try {
      const answer = await call("bulk_decisions", { ...request, ...(confirmed ? { confirm_exception: true } : {}) });
      over();
      if (signal.aborted) return;
      replace(place);
      ondone({ ...answer, batch_id: request.batch_id });
    } catch (error) {
      if (!isPassing(error)) over();
      if (signal.aborted) return;
      button.disabled = false;
      if (error.details?.decided_lines) stale(error.details);
      else onfail(refusal(error));
    }
  };
  const look = async () => {
    put(h("p", { class: "hint", role: "status" }, t("state.loading")));
    try {
      const answer = await call("bulk_decisions", { ...request, check: true }, { signal });
      if (answer.decided_lines) return stale(answer);
      if (!answer.lines && onnothing && body.action === "change") {
        replace(place, differenceText(answer, body));
        onnothing();
        return;
      }
      const beyond = answer.beyond_lines > 0;
      const apply = h("button", { type: "button", class: "primary", dataset: { bulk: "apply" }, onclick: () => store(beyond, apply) }, icon("check"), t(beyond ? "bulk.apply_beyond" : "bulk.apply", { count: answer.lines }));
      put(differenceText(answer, body), onEscape(h("p", { class: "buttons" }, answer.lines ? apply : null, h("button", { type: "button", dataset: { bulk: "cancel" }, onclick: cancel }, t("action.cancel"))), cancel));
      onchecked?.(answer);
      // what goes beyond a limit is read before it is done: a press on Enter must not do it
      (beyond ? place.querySelector("summary") : answer.lines ? apply : place.querySelector("button")).focus();
    } catch (error) {
      if (signal.aborted) return;
      if (!isPassing(error)) over(); // what nobody applied yet is not kept: a check stores nothing
      replace(place);
      onfail(refusal(error));
      onnothing?.();
    }
  };
  return look();
}

/** The lines that were chosen, as the person saw them. */
export function chosenOf({ source, state, picked, wholeView }) {
  const { totals, newest_decision: newest } = source.answer();
  if (wholeView) return { seen_newest_decision: newest, view: { ...asked(state), seen_lines: totals.lines, seen_units: totals.quantity ?? 0 } };
  return { lines: [...picked.values()].map((line) => ({ store_id: line.store_id, product_id: line.product_id, seen_quantity: line.order_quantity, seen_decision_id: line.decision?.decision_id ?? null })) };
}
