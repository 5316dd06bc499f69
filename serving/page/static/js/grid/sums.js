// What a view of order lines comes to: lines, exceptions, units and money, and what nobody knows of them.

import { h } from "../dom.js";
import { costNote, isNumber, money, number, t, units } from "../i18n.js";

const figure = (label, value, kind = "") => h("div", { class: `figure ${kind}` }, h("dt", {}, label), h("dd", {}, value));

/** A sum with the lines it does not know; unknown, and why, where it knows none. */
function sum(totals, column, label, text, reason) {
  const unknown = totals.unknown?.[column] ?? 0;
  if (!totals.lines) return figure(label, text(0));
  const known = isNumber(totals[column]);
  const hint = !known ? t(reason) : column === "cost" ? costNote(totals, column) : unknown ? t("grid.unknown_lines", { count: unknown }) : null;
  return h("div", { class: "figure" }, h("dt", {}, label), h("dd", {}, known ? text(totals[column]) : h("span", { class: "unknown" }, t("line.unknown"))), hint ? h("dd", { class: "hint" }, hint) : null);
}

export function figures(totals) {
  return h("dl", { class: "figures" }, figure(t("totals.lines"), number(totals.lines)), figure(t("totals.exceptions"), number(totals.is_to_check), totals.is_to_check ? "warn" : ""), figure(t("count.open"), number(totals.is_open)),
    figure(t("totals.units"), units(totals.quantity ?? 0)), sum(totals, "cost", t("totals.cost"), (value) => money(value, 0), "grid.no_costs"),
    sum(totals, "value", t("totals.value"), (value) => money(value, 0), "grid.no_values"), sum(totals, "lost_sales", t("totals.lost"), units, "grid.no_lost_sales"));
}
