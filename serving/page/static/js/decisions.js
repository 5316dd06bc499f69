// Approve, change or reject order lines through the service, which remembers who decided what; and take it back.

import { call, calledName } from "./api.js";
import { h } from "./dom.js";
import { day, has, isNumber, moment, number, t, units } from "./i18n.js";
import { newId } from "./kept.js";
import { failureText } from "./problems.js";
import { decisionOf, storeName } from "./suggestions.js";

export const AT_ONCE = 500;
/** Lines of a conflict that a sentence names; the others are counted. By judgement. */
const CONFLICTS_SAID = 3;

/** Sends decisions and notes them on the lines, also where the view is left meanwhile. `id`: that of the one decision, which may have been sent before. */
export async function decide(lines, action, { quantity, reason, confirmed, id } = {}) {
  const decisions = lines.map((line) => ({
    decision_id: id ?? newId(), store_id: line.store_id, product_id: line.product_id, as_of: line.as_of, action, seen_quantity: line.order_quantity, seen_decision_id: line.decision?.decision_id ?? null,
    ...(action === "change" ? { order_quantity: quantity } : {}),
    ...(reason ? { reason } : {}),
    ...(confirmed ? { confirm_exception: true } : {}),
  }));
  for (let start = 0; start < lines.length; start += AT_ONCE) {
    const { stored } = await call("decisions", { decisions: decisions.slice(start, start + AT_ONCE) });
    lines.slice(start, start + AT_ONCE).forEach((line, place) => { Object.assign(line, { decision: decisionOf(stored[place]), is_open: false }); });
  }
}

/** Limits that are estimates or come from measures of a shelf: from this many units on they are told in whole units. */
const WHOLE_FROM = 10;
const ESTIMATED = new Set(["large", "shelf"]);

/** The numbers and days of a limit as people write them; an estimated limit without digits that mean nothing, rounded down so that it stays true. */
function shownFacts({ code, ...facts }) {
  const written = (key, value) => {
    if (!isNumber(value)) return day(value, "long");
    return key === "limit" && ESTIMATED.has(code) ? number(value >= WHOLE_FROM ? Math.floor(value) : Math.floor(value * 10) / 10, 1) : number(value, 3);
  };
  return Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, written(key, value)]));
}

/** What somebody decided about a line meanwhile, or took back: who, when and what. */
export function decidedSentence(one) {
  const what = one.withdrawn_at ? t("decided.withdrawn") : t(`history.${one.decision}`, { suggested: units(one.suggested_quantity), units: units(one.order_quantity) });
  return t("decided.line", { product: calledName("product", one.product_id), store: storeName(one.store_id), by: one.withdrawn_by ?? one.decided_by, at: moment(one.withdrawn_at ?? one.decided_at), what });
}

/** What the person wanted of the first line of a conflict, and was not stored. */
export const yoursSentence = ({ decided, yours }) => t("decided.yours", { what: t(`history.${yours.decision}`, { suggested: units(decided[0].suggested_quantity), units: units(yours.order_quantity) }) });

/** Both sides of a conflict: what others decided, and what was not stored for it. */
function conflictText(conflict) {
  const { decided, decided_lines: count } = conflict;
  return [t("decided.lines", { count }), ...decided.slice(0, CONFLICTS_SAID).map(decidedSentence), yoursSentence(conflict)].join(t("sentence.space"));
}

/** Why a decision was refused, in the page's language where the service names its facts; `missing` is said where there is no such route. */
export function refusal(error, missing) {
  const { problems, seen_quantity: seen, suggested_quantity: now } = error.details ?? {};
  if (error.details?.problem === "decided_meanwhile") return conflictText(error.details);
  if (error.status === 404 && missing) return missing;
  if (error.code === "unconfirmed" && problems?.every((one) => has(`beyond.${one.code}`))) return problems.map((one) => t(`beyond.${one.code}`, shownFacts(one))).join(" ");
  if (isNumber(error.details?.seen_units)) {
    const { seen_lines, seen_units, lines, units } = error.details;
    return t("decision.view_changed", { seen_lines: number(seen_lines), seen_units: number(seen_units, 1), lines: number(lines), units: number(units, 1) });
  }
  if (isNumber(seen) && isNumber(now)) return t("decision.changed_since", { seen: number(seen, 1), now: number(now, 1) });
  return failureText(error);
}

/** Whether a line has a decision that may be taken back: the other system does not have it yet. */
export const mayWithdraw = (line) => Boolean(line.decision && !line.decision.exported_at);

export function decisionBadge(line) {
  if (!line.decision) return null;
  const { action, order_quantity: quantity } = line.decision;
  const text = action === "change" ? t("decision.changed", { units: number(quantity, 1) }) : t(`decision.done.${action}`);
  const badge = h("span", { class: `badge ${action}`, title: [line.decision.by, line.decision.reason].filter(Boolean).join(": ") }, text);
  if (isNumber(line.decision.received)) return [badge, h("span", { class: "badge state-received", title: line.decision.receivedOn ? day(line.decision.receivedOn, "full") : null }, t("decision.received", { units: number(line.decision.received, 1) }))];
  return line.decision.exportedAt ? [badge, h("span", { class: "badge state-exported", title: moment(line.decision.exportedAt) }, t("state_of.exported"))] : badge;
}
