// Stock of all stores: transfers, cycle counts, excess stock, and the status of decided orders.

import { call, lookUp } from "../api.js";
import { download, toCsv } from "../csv.js";
import { h, icon, name, replace, words } from "../dom.js";
import { day, likelihood, moment, money, number, percent, t, units } from "../i18n.js";
import { may } from "../rights.js";
import { address, patchParams } from "../route.js";
import { empty, fill } from "../states.js";
import { nameOf, reasonOf, storeName } from "../suggestions.js";
import { dataTable, readSort, writeSort } from "../table.js";
import { typeahead } from "../typeahead.js";

const LIMIT = 2000;

const product = { key: "product_name", label: () => t("column.product"), align: "product", value: (row) => row.product_name, cell: (row) => [name(row.product_name, { class: "strong" }), row.product_name === row.product_id ? null : name(row.product_id, { class: "sub" })] };
const shop = (key, label) => ({ key, label: () => t(label), value: (row) => storeName(row[key]), cell: (row) => name(storeName(row[key])) });
const amount = (key, label, cell = units) => ({ key, label: () => t(label), align: "number", first: "descending", value: (row) => row[key], cell: (row) => cell(row[key]) });
const date = (key, label, cell = day) => ({ key, label: () => t(label), align: "date", value: (row) => row[key], cell: (row) => (row[key] ? cell(row[key]) : "") });
const reason = { key: "reason", label: () => t("column.reason"), align: "reason", sortable: false, value: (row) => row.reason_text, cell: (row) => h("span", { class: "reason-text", title: row.reason_text }, words(row.reason_text)) };
/** "20% off (¥80) from 3 March, then ..." */
const pathText = (path) => path.map((step) => t("advice.step", { percent: percent(step.discount, 0), price: money(step.price), day: day(step.begins_on) })).join(t("advice.then"));

function adviceCell(row) {
  if (!row.action) return "";
  const lowered = row.price_path?.length ? [h("span", { class: "sub path" }, pathText(row.price_path)), h("span", { class: "sub" }, t("advice.sells", { units: units(row.markdown_units), low: units(row.markdown_units_low), high: units(row.markdown_units_high) }))] : null;
  const earns = [["markdown", row.markdown_value], ["return", row.return_value], ["audience", row.audience_value], ["moved", row.moved_value]].filter(([, value]) => value > 0);
  return [h("span", { class: `badge advice-${row.action}` }, t(`advice.${row.action}`)), lowered, earns.length ? h("span", { class: "sub" }, earns.map(([key, value]) => t("advice.earns", { action: t(`advice.${key}`), money: money(value) })).join(t("word.list"))) : null];
}

const advice = { key: "advice", label: () => t("stock.advice"), align: "reason", value: (row) => Math.max(row.markdown_value ?? 0, row.return_value ?? 0, row.audience_value ?? 0), cell: adviceCell };
const findPeople = (row) => (may("people:read") ? h("a", { class: "button", dataset: { action: "people" }, href: address("audience", { product: row.product_id }) }, icon("audience"), t("stock.find_people")) : null);
const propose = (row) => (may("campaigns:propose") ? h("a", { class: "button", dataset: { action: "propose" }, href: address("campaigns", { new: "leftovers", product: row.product_id, store: row.store_id }) }, icon("campaigns"), t("stock.propose")) : null);
const people = { key: "people", label: () => t("nav.audience"), sortable: false, value: () => "", cell: (row) => h("span", { class: "buttons" }, propose(row), findPeople(row)) };

function stateBadge(row) {
  const short = row.state === "received" && row.open_units > 0;
  return [h("span", { class: `badge state-${row.state}` }, t(`state_of.${row.state}`)), short ? h("span", { class: "badge flag" }, t("stock.open_units", { units: units(row.open_units) })) : null];
}

/** Columns on screen, columns of the CSV file, and totals of each tab. */
const TABS = {
  transfers: {
    columns: [product, shop("from_store_id", "stock.from"), shop("to_store_id", "stock.to"), amount("units", "exceptions.units"), amount("expected_value", "column.expected_value", money), reason],
    csv: ["product_id", "product_name", "from_store_id", "to_store_id", "units", "expected_value", "reason"],
    sum: (rows) => [[t("exceptions.units"), units(total(rows, "units"))], [t("totals.value"), money(total(rows, "expected_value"), 0)]],
  },
  counts: {
    columns: [product, shop("store_id", "overview.shop"), amount("on_hand", "column.on_hand"), amount("days_without_sale", "stock.silent_days", number), amount("expected_units", "stock.missed"), amount("probability", "stock.phantom", likelihood), amount("expected_value", "stock.brings_back", money), reason],
    csv: ["store_id", "product_id", "product_name", "as_of", "on_hand", "days_without_sale", "expected_units", "probability", "expected_value", "reason"],
    sum: (rows) => [[t("stock.brings_back"), money(total(rows, "expected_value"), 0)]],
  },
  leftovers: {
    columns: [product, shop("store_id", "overview.shop"), amount("on_hand", "column.on_hand"), date("sell_by", "stock.sell_by"), { key: "why", label: () => t("stock.why"), value: (row) => row.reason_code, cell: (row) => h("span", { class: "badge" }, t(`sell_by.${row.reason_code}`)) }, amount("left_over_units", "stock.left"), amount("value_at_risk", "stock.at_risk", money), advice, people],
    csv: ["store_id", "product_id", "product_name", "as_of", "on_hand", "sell_by", "reason_code", "left_over_units", "probability", "value_at_risk", "action", "price_path", "markdown_units", "markdown_units_low", "markdown_units_high", "markdown_value", "return_units", "return_value", "moved_units", "moved_value", "audience_value", "reason"],
    sum: (rows) => [[t("stock.left"), units(total(rows, "left_over_units"))], [t("stock.at_risk"), money(total(rows, "value_at_risk"), 0)], [t("stock.lowered"), money(total(rows.filter((row) => row.action === "markdown"), "markdown_value"), 0)]],
  },
  orders: {
    columns: [product, shop("store_id", "overview.shop"), date("as_of", "stock.as_of"), { key: "state", label: () => t("stock.state"), value: (row) => row.state, cell: stateBadge }, amount("suggested_quantity", "stock.suggested"), amount("order_quantity", "stock.decided"), amount("received_units", "stock.received"), { key: "decided_by", label: () => t("stock.decided_by"), value: (row) => row.decided_by, cell: (row) => [name(row.decided_by), h("span", { class: "sub" }, moment(row.decided_at)), row.reason ? h("span", { class: "sub" }, words(row.reason)) : null] }, date("exported_at", "stock.exported_at", moment), date("received_on", "stock.received_on")],
    csv: ["suggestion_id", "store_id", "product_id", "product_name", "as_of", "state", "decision", "suggested_quantity", "order_quantity", "received_units", "open_units", "received_on", "exported_at", "reason", "decided_by", "decided_at"],
    sum: (rows, answer) => Object.entries(answer.states ?? {}).map(([state, count]) => [t(`state_of.${state}`), number(count)]),
  },
};

const total = (rows, field) => rows.reduce((sum, row) => sum + (row[field] ?? 0), 0);

function result(tab, answer, { store, params, asOf }) {
  const { columns, csv, sum } = TABS[tab];
  const rows = (answer[tab] ?? []).map((row) => ({ ...row, product_name: nameOf(row, answer.names), reason_text: reasonOf(row) }));
  if (!rows.length) return empty(t(`stock.none.${tab}`), t(`stock.none_hint.${tab}`));
  const ready = columns.map((column) => ({ ...column, label: column.label() }));
  const table = dataTable({ columns: ready, rows, caption: t(`stock.tab.${tab}`), rowKey: (row) => JSON.stringify([row.product_id, row.store_id ?? row.from_store_id, row.to_store_id ?? row.as_of]), sort: readSort(params.get("sort")), onsort: (sort) => patchParams({ sort: writeSort(sort) }) });
  const figures = [[t("totals.lines"), number(answer.total ?? rows.length)], ...sum(rows, answer)];
  return [
    h("div", { class: "toolbar" }, h("dl", { class: "figures" }, figures.map(([label, value]) => h("div", { class: "figure" }, h("dt", {}, label), h("dd", {}, value)))),
      h("div", { class: "toolbar-end buttons" },
        tab === "leftovers" && may("campaigns:propose") ? h("a", { class: "button", dataset: { action: "propose-all" }, href: address("campaigns", { new: "leftovers", store: store?.id }) }, icon("campaigns"), t("stock.propose_all")) : null,
        tab === "leftovers" && may("people:read") ? h("a", { class: "button", dataset: { action: "all-people" }, href: address("audience", { leftovers: "1", store: store?.id }) }, icon("audience"), t("stock.find_people_all")) : null,
        h("button", { type: "button", dataset: { action: "csv" }, onclick: () => download(`${tab}-${store?.id ?? ""}-${asOf ?? ""}.csv`, toCsv(csv, table.ordered().map((row) => ({ ...row, reason: row.reason_text })))) }, icon("download"), t("action.csv")),
        h("button", { type: "button", onclick: () => print() }, icon("print"), t("action.print")))),
    answer.total > rows.length ? h("p", { class: "notice" }, t("replenishment.partial", { shown: rows.length, total: answer.total })) : null,
    table.element,
  ];
}

export async function stockView(root, { params, overview, signal }) {
  const state = { tab: TABS[params.get("tab")] ? params.get("tab") : "transfers", store: params.get("store") ? await lookUp("store", params.get("store"), { signal }) : null };
  const [bar, intro, place] = [h("div"), h("p", { class: "hint" }), h("div", { class: "result" })];
  const draw = () => {
    patchParams({ tab: state.tab, store: state.store?.id });
    const buttons = Object.keys(TABS).map((tab) => h("button", { type: "button", dataset: { tab }, "aria-pressed": String(tab === state.tab), onclick: () => { state.tab = tab; patchParams({ sort: null }); params.delete("sort"); draw(); bar.querySelector(`[data-tab="${tab}"]`)?.focus(); } }, t(`stock.tab.${tab}`)));
    replace(bar, h("div", { class: "filters", role: "group", "aria-label": t("nav.stock") }, buttons));
    replace(intro, t(`stock.intro.${state.tab}`));
    return fill(place, signal, async () => {
      const body = { limit: LIMIT, ...(state.store ? { store_id: state.store.id } : {}) };
      return result(state.tab, await call(state.tab, body, { signal }), { store: state.store, params, asOf: overview?.as_of });
    }, { lines: 8 });
  };
  const box = typeahead({ label: t("pick.store_optional"), kind: "store", chosen: state.store, placeholder: t("pick.any_store"), onpick: (item) => { state.store = item; draw(); } });
  const all = h("button", { type: "button", onclick: () => { state.store = null; box.input.value = ""; draw(); } }, t("stock.all_shops"));
  replace(root, h("h1", {}, t("nav.stock")), h("form", { class: "pickers", onsubmit: (event) => event.preventDefault() }, box.element, all), bar, intro, place);
  await draw();
}
