// Order suggestions as the page reads them: reasons, names, and the decision that counts.

import { calledName } from "./api.js";

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

/** The name of a store: one of the key's place, or of elsewhere that an answer told of. */
export const storeName = (id) => stores.get(id) ?? calledName("store", id);

const ACTIONS = { approved: "approve", changed: "change", rejected: "reject" };

/** A decision as the service tells it: {id, action, order_quantity, reason, by}, and what came of it. */
export function decisionOf(decision) {
  if (!decision) return null;
  const { exported_at: exportedAt = null, received_units: received = null, received_on: receivedOn = null } = decision;
  return { id: decision.decision_id, action: ACTIONS[decision.decision] ?? decision.action, order_quantity: decision.order_quantity, reason: decision.reason ?? "", by: decision.decided_by ?? "", exportedAt, received, receivedOn };
}
