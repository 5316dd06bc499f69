// Quantities typed into the grid: each is a decision, and Enter goes on to the next line.

import { refusal } from "../decisions.js";
import { h, name, replace } from "../dom.js";
import { number, t } from "../i18n.js";
import { keyOf } from "./source.js";

/** Decides on the quantity that was typed; one beyond limits is asked about. */
export async function typeQuantity(grid, line, input, confirmed = false) {
  const amount = Number(input.value);
  grid.clear();
  input.setCustomValidity("");
  if (input.value === "" || !Number.isFinite(amount) || amount < 0) { grid.fail(t("decision.wrong_quantity")); input.value = String(line.quantity); return; }
  if (amount === line.quantity) return;
  try {
    await grid.decideOne(line, "change", { quantity: amount, confirmed });
  } catch (error) {
    if (grid.signal.aborted) return;
    grid.fail(refusal(error));
    if (error.code !== "unconfirmed") { input.value = String(line.quantity); return; }
    const confirm = h("button", { type: "button", dataset: { bulk: "confirm" }, onclick: () => { replace(grid.places.bulk); typeQuantity(grid, line, input, true); } }, t("decision.confirm", { units: number(amount, 1) }));
    replace(grid.places.bulk, h("p", { class: "buttons" }, name(line.product_name), " ", confirm, h("button", { type: "button", onclick: () => { replace(grid.places.bulk); grid.clear(); input.value = String(line.quantity); input.focus(); } }, t("action.cancel"))));
  }
}

/** Enter keeps the quantity and goes on to the next line; with Shift to the one before. */
export function goOn(grid, line, step) {
  const rows = [...grid.table.element.querySelectorAll("input.quantity")];
  const here = rows.findIndex((one) => one.closest("tr").dataset.key === keyOf(line));
  const next = rows[here + step];
  if (next) next.focus();
  else rows[here]?.blur();
}
