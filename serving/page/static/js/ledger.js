// Forecast value added (FVA): error and bias of baselines, engine and each person's overrides.

import { call } from "./api.js";
import { h, name, scrollBox } from "./dom.js";
import { number, percent, signed, t } from "./i18n.js";

function table(rows) {
  const cell = (value, bias = false) => h("td", { class: "number" }, bias && typeof value === "number" ? `${signed(100 * value, 0)}%` : percent(value, 0));
  const line = (row) => h("tr", {}, h("th", { scope: "row" }, row.user ? [name(row.user), " · "] : null, t(`touch.${row.touch}`)), cell(row.mae_lag), cell(row.bias_lag, true), cell(row.mae_sum), cell(row.bias_sum, true), h("td", { class: "number" }, number(row.rows)));
  const head = ["ledger.touch", "ledger.mae_lag", "ledger.bias_lag", "ledger.mae_sum", "ledger.bias_sum", "ledger.rows"];
  return scrollBox(t("ledger.title"), h("table", { class: "data compact" }, h("caption", { class: "visually-hidden" }, t("ledger.title")), h("thead", {}, h("tr", {}, head.map((key, index) => h("th", { scope: "col", class: index ? "number" : "" }, t(key))))), h("tbody", {}, rows.map(line))));
}

/** The FVA table over all origins and per person, or a sentence that nothing is measured yet. */
export async function ledgerTable(signal) {
  const answer = await call("ledger", {}, { signal });
  const rows = (answer.ledger ?? []).filter((row) => row.scope !== "origin" && row.rows > 0);
  return rows.length ? [h("p", { class: "hint" }, t("ledger.hint")), table(rows)] : h("p", { class: "hint" }, t("ledger.none"));
}
