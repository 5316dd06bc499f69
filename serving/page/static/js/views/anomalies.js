// Anomalies: days on which sales fell outside what the forecast allowed, with what was expected beside what came.

import { call, everyRow } from "../api.js";
import { csvButton } from "../csv.js";
import { h, name, replace, words } from "../dom.js";
import { code, day, money, number, t, units } from "../i18n.js";
import { rangeMark } from "../plots.js";
import { failureText } from "../problems.js";
import { address, viewsFor } from "../route.js";
import { empty, fill } from "../states.js";
import { nameOf, storeName } from "../suggestions.js";
import { dataTable } from "../table.js";

const LIMIT = 2000;
const LEVELS = ["all", "series", "store", "department", "chain"];
const CSV_COLUMNS = ["level", "store_id", "department", "product_id", "product_name", "date", "until", "units", "expected", "low", "high", "units_beyond", "money", "cause", "reason"];

const days = (row) => (row.date === row.until ? day(row.date) : `${day(row.date, "short")} – ${day(row.until, "short")}`);

/** What it is about: a product in a store, a store, a department or the chain. */
function subject(row, mayForecast) {
  const store = row.store_id ? h("span", { class: "sub" }, name(storeName(row.store_id))) : null;
  if (row.product_id) {
    const label = name(row.product_name, { class: "strong" });
    return [mayForecast && row.store_id ? h("a", { href: address("forecast", { store: row.store_id, product: row.product_id }) }, label) : label, store];
  }
  return row.department ? [name(row.department, { class: "strong" }), store] : row.store_id ? name(storeName(row.store_id), { class: "strong" }) : h("strong", {}, t("anomaly.chain"));
}

function columns(mayForecast) {
  const about = (row) => row.product_name || row.department || row.store_id || "";
  const sold = (row) => t("anomaly.sold_of", { units: units(row.units), low: units(row.low), high: units(row.high) });
  return [
    { key: "subject", label: t("anomaly.what"), align: "product", value: about, cell: (row) => subject(row, mayForecast) },
    { key: "date", label: t("table.day"), align: "date", first: "descending", value: (row) => row.date, cell: days },
    { key: "units", label: t("anomaly.sold"), hint: t("anomaly.sold_hint"), align: "range", first: "descending", value: (row) => row.units_beyond, cell: (row) => [rangeMark({ ...row, value: row.units }), h("span", { class: "sub range-text" }, sold(row))] },
    { key: "money", label: t("exceptions.money"), align: "number", first: "descending", value: (row) => row.money, cell: (row) => money(row.money, 0) },
    { key: "cause", label: t("anomaly.cause"), value: (row) => code("cause", row.cause), cell: (row) => h("span", { class: "badge" }, code("cause", row.cause)) },
    { key: "reason", label: t("column.reason"), align: "reason", sortable: false, value: (row) => row.reason, cell: (row) => h("span", { class: "reason-text", title: row.reason }, words(row.reason)) },
  ];
}

export async function anomaliesView(root, { params, overview, signal }) {
  const level = LEVELS.includes(params.get("level")) ? params.get("level") : "all";
  const place = h("div", { class: "result" });
  const links = LEVELS.map((one) => h("a", { class: "button", "aria-current": one === level ? "true" : null, dataset: { level: one }, href: address("anomalies", { level: one === "all" ? null : one }) }, t(`anomaly_level.${one}`)));
  replace(root, h("h1", {}, t("nav.anomalies")), h("p", { class: "intro" }, t("anomaly.intro")), h("nav", { class: "filters links", "aria-label": t("filter.label") }, links), place);
  const mayForecast = viewsFor(overview?.role).includes("forecast");
  await fill(place, signal, async () => {
    const answer = await call("anomalies", { limit: LIMIT }, { signal });
    const isShown = (row) => level === "all" || row.level === level;
    const named = (row) => ({ ...row, product_name: row.product_id ? nameOf(row, row.names ?? answer.names) : "" });
    const rows = answer.anomalies.filter(isShown).map(named);
    if (!rows.length) return empty(t("anomaly.none"), t("anomaly.none_hint"));
    const table = dataTable({ columns: columns(mayForecast), rows, caption: t("nav.anomalies"), page: 50 });
    const problem = h("p", { class: "form-problem", role: "alert" });
    const all = async () => (answer.total > answer.anomalies.length ? (await everyRow("anomalies", "anomalies", {}, { limit: LIMIT, signal, row: (one, { names }) => ({ ...one, names }) })).filter(isShown).map(named) : table.ordered());
    const cut = answer.total > answer.anomalies.length ? h("p", { class: "hint" }, t("anomaly.cut", { shown: answer.anomalies.length, total: answer.total })) : null;
    return [h("div", { class: "toolbar" }, h("p", { class: "hint" }, t("anomaly.count", { count: rows.length, money: money(rows.reduce((sum, row) => sum + (row.money ?? 0), 0), 0), total: number(answer.total) })),
      h("div", { class: "toolbar-end buttons" }, csvButton("anomalies.csv", CSV_COLUMNS, all, (error) => { problem.textContent = failureText(error); }))), cut, problem, table.element];
  }, { lines: 8 });
}
