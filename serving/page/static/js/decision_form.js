// The form that decides about one order line: its quantity, a reason and the buttons.

import { refusal } from "./decisions.js";
import { h, icon, replace, uniqueId } from "./dom.js";
import { draftOf, keepDraft } from "./drafts.js";
import { number, t } from "./i18n.js";

/** Quantity, reason and the buttons for one line. `ondecide(action, {quantity, reason, confirmed, id})` returns a promise. */
export function decisionForm(line, ondecide, onback) {
  const suggested = line.order_quantity ?? 0;
  // of a rejected line the suggestion is offered again: nothing is what it was decided to order, not what one would approve
  const before = line.decision?.action === "reject" ? suggested : line.decision?.order_quantity ?? suggested;
  const quantity = h("input", { id: uniqueId("quantity"), name: "quantity", type: "number", min: "0", step: line.case_pack ?? "any", inputmode: "decimal", value: String(before), oninput: () => { forget(); nameApprove(); } });
  const reason = h("input", { id: uniqueId("reason"), name: "reason", type: "text", maxlength: "300", value: line.decision?.reason ?? "" });
  const problem = h("p", { class: "form-problem", role: "alert" });
  const sure = h("span");
  const isWrong = () => quantity.value === "" || !(Number(quantity.value) >= 0);
  const isTyped = () => !isWrong() && Number(quantity.value) !== suggested;
  /** What was offered or refused was so for another quantity. */
  const forget = () => {
    problem.textContent = "";
    replace(sure);
  };
  const nameApprove = () => { approveText.textContent = isTyped() ? t("decision.approve_units", { units: number(Number(quantity.value), 3) }) : t("decision.approve"); };
  let last = null;
  const send = async (asked, confirmed = false) => {
    forget();
    last = [asked, confirmed];
    const amount = Number(quantity.value);
    // to approve another quantity than the suggested one is to change it, with the same checks
    const action = asked === "approve" && isTyped() ? "change" : asked;
    if (asked !== "reject" && isWrong()) {
      problem.textContent = t("decision.wrong_quantity");
      quantity.focus();
      return;
    }
    if (action === "reject" && !reason.value.trim()) {
      problem.textContent = t("decision.reason_needed");
      reason.focus();
      return;
    }
    try {
      await draft.send((id) => ondecide(action, { quantity: amount, reason: reason.value.trim() || undefined, confirmed, id }));
    } catch (error) {
      problem.textContent = refusal(error, t("decision.unavailable"));
      if (error.code !== "unconfirmed") return;
      replace(sure, h("button", { type: "button", dataset: { decide: "confirm" }, onclick: () => send(action, true) }, t("decision.confirm", { units: number(amount, 3) })));
      sure.firstChild.focus();
    }
  };
  const back = async () => {
    try {
      await onback();
    } catch (error) {
      problem.textContent = refusal(error, t("decision.unavailable"));
    }
  };
  const approveText = h("span");
  nameApprove();
  const button = (action, which, kind, label = t(`decision.${action}`)) => h("button", { type: "button", class: kind, dataset: { decide: action }, onclick: () => send(action) }, which ? icon(which) : null, label);
  const form = h(
    "form",
    { class: "decision-form", onsubmit: (event) => event.preventDefault() },
    h("label", { for: quantity.id }, t("decision.quantity")), quantity,
    h("label", { for: reason.id }, t("decision.reason")), reason,
    h("p", { class: "buttons" }, button("approve", "check", "primary", approveText), button("change", null, ""), button("reject", "close", ""),
      line.decision?.id && !line.decision.exportedAt ? h("button", { type: "button", dataset: { decide: "back" }, onclick: back }, t("decision.take_back")) : null),
    problem, sure,
  );
  const name = `line ${line.store_id} ${line.product_id} ${line.as_of}`;
  const draft = keepDraft(form, name, { of: ["unsent.decision", { product: line.product_name, store: line.store_name }], more: () => last, again: () => send(...last), onlyUnsent: true });
  last = draftOf(name)?.more ?? null;
  if (last) nameApprove();
  form.prepend(draft.notice);
  return form;
}
