// Deciding on many lines: shows the difference first, then stores it in one request, and takes it back.

import { call } from "../api.js";
import { decidedSentence, refusal, yoursSentence } from "../decisions.js";
import { h, icon, name, onEscape, replace } from "../dom.js";
import { choice, field } from "../fields.js";
import { money, t, units } from "../i18n.js";
import { asked } from "./state.js";

const newBatch = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

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
  const request = { batch_id: newBatch(), ...body };
  const cancel = () => { replace(place); ondone(null); };
  const stale = (told) => {
    const again = h("button", { type: "button", class: "primary", dataset: { bulk: "reload" }, onclick: () => { replace(place); onreload(); } }, t("decided.reload"));
    replace(place, decidedText(told), onEscape(h("p", { class: "buttons" }, again, h("button", { type: "button", dataset: { bulk: "cancel" }, onclick: cancel }, t("action.cancel"))), cancel));
    again.focus();
  };
  const store = async (confirmed, button) => {
    button.disabled = true;
    try {
      const answer = await call("bulk_decisions", { ...request, ...(confirmed ? { confirm_exception: true } : {}) }, { signal });
      replace(place);
      ondone({ ...answer, batch_id: request.batch_id });
    } catch (error) {
      if (signal.aborted) return;
      button.disabled = false;
      if (error.details?.decided_lines) stale(error.details);
      else onfail(refusal(error));
    }
  };
  const look = async () => {
    replace(place, h("p", { class: "hint", role: "status" }, t("state.loading")));
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
      replace(place, differenceText(answer, body), onEscape(h("p", { class: "buttons" }, answer.lines ? apply : null, h("button", { type: "button", dataset: { bulk: "cancel" }, onclick: cancel }, t("action.cancel"))), cancel));
      onchecked?.(answer);
      // what goes beyond a limit is read before it is done: a press on Enter must not do it
      (beyond ? place.querySelector("summary") : answer.lines ? apply : place.querySelector("button")).focus();
    } catch (error) {
      if (signal.aborted) return;
      replace(place);
      onfail(refusal(error));
      onnothing?.();
    }
  };
  return look();
}

/** Values that the service takes: percent added to a quantity, units of a line. */
const LIMITS = { percent: [-100, 1000], quantity: [0, 1e9] };

/** Why a value cannot be, in the words of the page; blank where it can. */
function wrongValue(kind, input) {
  if (!LIMITS[kind]) return "";
  const [min, max] = LIMITS[kind];
  const value = input.valueAsNumber;
  return value >= min && value <= max ? "" : t(`bulk.wrong.${kind}`, { min, max });
}

/** The form of a change: by a share, to a quantity or to whole packs, with a reason. `onsend(change)`. */
export function changeForm(onsend, oncancel) {
  const kinds = ["percent", "quantity", "packs"];
  const value = h("input", { type: "number", name: "value", step: "any", required: true, inputmode: "decimal", value: "10" });
  const wrong = h("p", { class: "form-problem", role: "alert" });
  const valueField = field(t("bulk.value"), value);
  const limit = (how) => { [value.min, value.max] = LIMITS[how] ?? ["", ""]; wrong.textContent = ""; };
  limit("percent");
  const kind = choice(t("bulk.how"), "kind", kinds, "percent", (one) => t(`bulk.kind.${one}`), (event) => { valueField.hidden = event.target.value === "packs"; value.required = !valueField.hidden; limit(event.target.value); });
  const packs = choice(t("bulk.packs"), "packs", ["nearest", "up", "down", "none"], "nearest", (one) => t(`bulk.packs_${one}`));
  const send = (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const how = given.get("kind");
    wrong.textContent = wrongValue(how, value);
    if (wrong.textContent) { value.focus(); return; }
    const rounding = given.get("packs") === "none" ? null : given.get("packs");
    onsend({ action: "change", packs: how === "packs" ? rounding ?? "nearest" : rounding, ...(how === "packs" ? {} : { [how]: Number(given.get("value")) }), ...(given.get("reason").trim() ? { reason: given.get("reason").trim() } : {}) });
  };
  const form = h("form", { class: "pickers bulk-form", novalidate: true, onsubmit: send }, kind, valueField, wrong, packs, field(t("bulk.reason"), h("input", { name: "reason", maxlength: "300" })),
    h("p", { class: "buttons" }, h("button", { type: "submit", class: "primary", dataset: { bulk: "preview" } }, t("bulk.preview")), h("button", { type: "button", onclick: oncancel }, t("action.cancel"))));
  return onEscape(form, oncancel);
}

export function rejectForm(onsend, oncancel) {
  const send = (event) => { event.preventDefault(); onsend({ action: "reject", reason: new FormData(event.target).get("reason").trim() }); };
  return onEscape(h("form", { class: "pickers bulk-form", onsubmit: send }, field(t("bulk.reason_needed"), h("input", { name: "reason", maxlength: "300", required: true, pattern: ".*\\S.*" })),
    h("p", { class: "buttons" }, h("button", { type: "submit", class: "primary", dataset: { bulk: "preview" } }, t("bulk.preview")), h("button", { type: "button", onclick: oncancel }, t("action.cancel")))), oncancel);
}

/** The lines that were chosen, as the person saw them. */
export function chosenOf({ source, state, picked, wholeView }) {
  const { totals, newest_decision: newest } = source.answer();
  if (wholeView) return { seen_newest_decision: newest, view: { ...asked(state), seen_lines: totals.lines, seen_units: totals.quantity ?? 0 } };
  return { lines: [...picked.values()].map((line) => ({ store_id: line.store_id, product_id: line.product_id, seen_quantity: line.order_quantity, seen_decision_id: line.decision?.decision_id ?? null })) };
}
