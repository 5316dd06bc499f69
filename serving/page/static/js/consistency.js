// Consistency of the published answers: kinds of contradictions, and whether each line names its reason.

import { h, words } from "./dom.js";
import { money, number, t, units } from "./i18n.js";
import { dataTable } from "./table.js";

/** The result of the check as a panel; nothing where the answers were published without one. */
export function consistencyPanel(overview) {
  const checks = overview?.consistency ?? [];
  if (!checks.length) return null;
  const open = checks.reduce((sum, check) => sum + check.lines - check.explained, 0);
  const explained = checks.reduce((sum, check) => sum + check.explained, 0);
  const found = checks.filter((check) => check.lines > 0);
  const amount = (key, label, cell, value = (check) => check[key]) => ({ key, label: t(label), align: "number", first: "descending", value, cell });
  const unexplained = (check) => check.lines - check.explained;
  const columns = [
    { key: "reason", label: t("consistency.kind"), align: "product", value: (check) => check.reason, cell: (check) => words(check.reason) },
    amount("open", "consistency.open", (check) => (unexplained(check) > 0 ? h("span", { class: "warn" }, number(unexplained(check))) : "0"), unexplained),
    amount("explained", "consistency.explained", (check) => number(check.explained)),
    amount("units", "exceptions.units", (check) => units(check.units)), amount("money", "consistency.money", (check) => money(check.money, 0)),
  ];
  return h(
    "section", { class: "panel consistency" }, h("h2", {}, t("consistency.title")),
    h("p", { class: open ? "warn" : "hint" }, open ? t("consistency.found", { count: open }) : t(explained ? "consistency.none" : "consistency.clean", { kinds: checks.length, explained })),
    found.length ? dataTable({ columns, rows: found, caption: t("consistency.title"), which: "consistency" }).element : null,
  );
}
