// Approve, change or reject order lines through the service, which remembers who decided what.

import { call } from "./api.js";
import { h, icon, uniqueId } from "./dom.js";
import { day, isNumber, moment, number, t } from "./i18n.js";

const AT_ONCE = 500;

/** An id of our own, so that a decision sent twice counts once. */
function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sends decisions and notes them on the lines; a service without the route says so once. */
export async function decide(lines, action, { quantity, reason, signal } = {}) {
  const decisions = lines.map((line) => ({
    decision_id: newId(), store_id: line.store_id, product_id: line.product_id, as_of: line.as_of, action,
    ...(action === "change" ? { order_quantity: quantity } : {}),
    ...(reason ? { reason } : {}),
  }));
  for (let start = 0; start < lines.length; start += AT_ONCE) {
    await call("decisions", { decisions: decisions.slice(start, start + AT_ONCE) }, { signal });
    for (const line of lines.slice(start, start + AT_ONCE)) line.decision = { action, order_quantity: action === "change" ? quantity : line.order_quantity, reason: reason ?? "", by: "" };
  }
}

export function decisionBadge(line) {
  if (!line.decision) return null;
  const { action, order_quantity: quantity } = line.decision;
  const text = action === "change" ? t("decision.changed", { units: number(quantity, 1) }) : t(`decision.done.${action}`);
  const badge = h("span", { class: `badge ${action}`, title: [line.decision.by, line.decision.reason].filter(Boolean).join(": ") }, text);
  if (isNumber(line.decision.received)) return [badge, h("span", { class: "badge state-received", title: line.decision.receivedOn ? day(line.decision.receivedOn, "full") : null }, t("decision.received", { units: number(line.decision.received, 1) }))];
  return line.decision.exportedAt ? [badge, h("span", { class: "badge state-exported", title: moment(line.decision.exportedAt) }, t("state_of.exported"))] : badge;
}

/** Quantity, reason and the three buttons for one line. `ondecide(action, {quantity, reason})` returns a promise. */
export function decisionForm(line, ondecide) {
  const quantity = h("input", { id: uniqueId("quantity"), type: "number", min: "0", step: "any", inputmode: "decimal", value: String(line.decision?.order_quantity ?? line.order_quantity ?? 0) });
  const reason = h("input", { id: uniqueId("reason"), type: "text", maxlength: "300", value: line.decision?.reason ?? "" });
  const problem = h("p", { class: "form-problem", role: "alert" });
  const send = async (action) => {
    problem.textContent = "";
    const amount = Number(quantity.value);
    if (action === "change" && (quantity.value === "" || !Number.isFinite(amount) || amount < 0)) {
      problem.textContent = t("decision.wrong_quantity");
      quantity.focus();
      return;
    }
    try {
      await ondecide(action, { quantity: amount, reason: reason.value.trim() || undefined });
    } catch (error) {
      problem.textContent = error.status === 404 ? t("decision.unavailable") : error.message || t("error.unreachable.title");
    }
  };
  const button = (action, which, kind) => h("button", { type: "button", class: kind, dataset: { decide: action }, onclick: () => send(action) }, which ? icon(which) : null, t(`decision.${action}`));
  return h(
    "div",
    { class: "decision-form" },
    h("label", { for: quantity.id }, t("decision.quantity")), quantity,
    h("label", { for: reason.id }, t("decision.reason")), reason,
    h("p", { class: "buttons" }, button("approve", "check", "primary"), button("change", null, ""), button("reject", "close", "")),
    problem,
  );
}
