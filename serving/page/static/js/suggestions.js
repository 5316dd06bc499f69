// Order suggestions seen by a merchandiser: what stands out, in what order, and what it adds up to.

import { isNumber } from "./i18n.js";

/** The reason, which the service gives in the page's language, where there is one. */
export function reasonOf(row) {
  return row.reason || "";
}

/** Name of a product (or a store) out of the row or the answer's map of names; the id where there is none. */
export function nameOf(row, names, field = "product") {
  const id = row[`${field}_id`];
  return row[`${field}_name`] ?? names?.[id] ?? names?.[`${field}s`]?.[id] ?? id;
}

let stores = new Map();

/** Names of the stores by id, for rows that hold ids only. */
export function knowStores(list) {
  stores = new Map((list ?? []).map((store) => [store.id, store.name || store.id]));
}

export const storeName = (id) => stores.get(id) ?? id;

const WEIGHTS = { loss: 4, unknown_stock: 3, negative_stock: 3, budget: 2, limit: 2, source_stock: 2, shelf: 2, collision: 2, not_worth_minimum: 2, loses_money: 2, losing: 2, large: 2 };

const ACTIONS = { approved: "approve", changed: "change", rejected: "reject" };

/** A decision as the service tells it: {id, action, order_quantity, reason, by}, and what came of it. */
export function decisionOf(decision) {
  if (!decision) return null;
  const { exported_at: exportedAt = null, received_units: received = null, received_on: receivedOn = null } = decision;
  return { id: decision.decision_id, action: ACTIONS[decision.decision] ?? decision.action, order_quantity: decision.order_quantity, reason: decision.reason ?? "", by: decision.decided_by ?? "", exportedAt, received, receivedOn };
}

/** Lines with what the list needs besides: flags, state and the place in the list when exceptions come first. */
export function prepared(suggestions, names) {
  const lines = suggestions.map((row) => {
    const flags = row.flags ?? [];
    const urgency = (WEIGHTS[flags[0]] ?? 0) * 10 + (row.order_quantity > 0 ? 1 : 0);
    return { ...row, product_name: nameOf(row, names), reason_text: reasonOf(row), flags, urgency, decision: decisionOf(row.decision) };
  });
  const weight = (line) => (line.flags[0] === "loss" ? line.expected_lost_sales : (line.expected_value ?? 0));
  return lines.sort((a, b) => b.urgency - a.urgency || weight(b) - weight(a));
}

const isTransfer = (line) => String(line.source ?? "").startsWith("transfer:");

export const FILTERS = {
  todo: (line) => line.flags.length > 0 || line.order_quantity > 0,
  exceptions: (line) => line.flags.length > 0,
  orders: (line) => line.order_quantity > 0,
  transfers: isTransfer,
  undecided: (line) => line.is_open,
  underway: (line) => Boolean(line.decision?.exportedAt),
  enough: (line) => !line.flags.length && !(line.order_quantity > 0),
  all: () => true,
};

export function matches(line, text) {
  const wanted = text.trim().toLocaleLowerCase();
  if (!wanted) return true;
  return [line.product_name, line.product_id, line.reason_text, line.source].some((part) => String(part ?? "").toLocaleLowerCase().includes(wanted));
}

export function totals(lines) {
  const sum = (field) => {
    const values = lines.map((line) => line[field]).filter(isNumber);
    return values.length ? values.reduce((total, value) => total + value, 0) : null;
  };
  return {
    lines: lines.length,
    orders: lines.filter((line) => line.order_quantity > 0).length,
    exceptions: lines.filter((line) => line.flags.length).length,
    units: sum("order_quantity"),
    cost: sum("order_cost"),
    value: sum("expected_value"),
    lost: sum("expected_lost_sales"),
  };
}
