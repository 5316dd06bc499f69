// Consistency of the published answers: kinds of contradictions, and whether each line names its reason.

import { h, scrollBox } from "./dom.js";
import { money, number, t, units } from "./i18n.js";

/** The result of the check as a panel; nothing where the answers were published without one. */
export function consistencyPanel(overview) {
  const checks = overview?.consistency ?? [];
  if (!checks.length) return null;
  const open = checks.reduce((sum, check) => sum + check.lines - check.explained, 0);
  const explained = checks.reduce((sum, check) => sum + check.explained, 0);
  const found = checks.filter((check) => check.lines > 0);
  const row = (check) => h(
    "tr", { dataset: { check: check.check } },
    h("th", { scope: "row" }, check.reason),
    h("td", { class: "number" }, check.lines > check.explained ? h("span", { class: "warn" }, number(check.lines - check.explained)) : "0"),
    h("td", { class: "number" }, number(check.explained)), h("td", { class: "number" }, units(check.units)), h("td", { class: "number" }, money(check.money, 0)),
  );
  const head = ["consistency.kind", "consistency.open", "consistency.explained", "exceptions.units", "consistency.money"];
  const table = scrollBox(t("consistency.title"), h("table", { class: "data compact" }, h("caption", { class: "visually-hidden" }, t("consistency.title")), h("thead", {}, h("tr", {}, head.map((key, index) => h("th", { scope: "col", class: index ? "number" : "" }, t(key))))), h("tbody", {}, found.map(row))));
  return h(
    "section", { class: "panel consistency" }, h("h2", {}, t("consistency.title")),
    h("p", { class: open ? "warn" : "hint" }, open ? t("consistency.found", { count: open }) : t(explained ? "consistency.none" : "consistency.clean", { kinds: checks.length, explained })),
    found.length ? table : null,
  );
}
