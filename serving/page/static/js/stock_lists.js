// What each tab of the inventory shows: columns, what may be filtered, and its sums.

import { h, icon, name, words } from "./dom.js";
import { costHint, costNote, costText, day, likelihood, moment, money, number, percent, priceText, t, units } from "./i18n.js";
import { may } from "./rights.js";
import { address } from "./route.js";

const product = { key: "product_name", label: "column.product", align: "product", cell: (row) => [name(row.product_name, { class: "strong" }), row.product_name === row.product_id ? null : name(row.product_id, { class: "sub" })] };
const named = (key, label) => ({ key, label, cell: (row) => name(row[key] ?? "") });
const shop = named("store_name", "overview.shop");
const amount = (key, label, text = units) => ({ key, label, align: "number", first: "descending", cell: (row) => text(row[key]) });
const date = (key, label, text = day) => ({ key, label, align: "date", first: "descending", cell: (row) => (row[key] ? text(row[key]) : "") });
const reason = { key: "reason", label: "column.reason", align: "reason", sortable: false, cell: (row) => h("span", { class: "reason-text", title: row.reason }, words(row.reason)) };
/** "20% off (¥80) from 3 March, then ..." */
const pathText = (path) => path.map((step) => t("advice.step", { percent: percent(step.discount, 0), price: priceText(step.price), day: day(step.begins_on) })).join(t("advice.then"));

function adviceCell(row) {
  if (!row.action) return "";
  const lowered = row.action === "markdown" && row.price_path?.length ? [h("span", { class: "sub path" }, pathText(row.price_path)), h("span", { class: "sub" }, t("advice.sells", { units: units(row.markdown_units), low: units(row.markdown_units_low), high: units(row.markdown_units_high) }))] : null;
  const earns = [["markdown", row.markdown_value], ["return", row.return_value], ["audience", row.audience_value], ["moved", row.moved_value]].filter(([, value]) => value > 0);
  return [h("span", { class: `badge advice-${row.action}` }, t(`advice.${row.action}`)), lowered, earns.length ? h("span", { class: "sub" }, earns.map(([key, value], place) => [place ? t("word.list") : null, h("span", { class: "in-one-line" }, t("advice.earns", { action: t(`advice.${key}`), money: money(value) }))])) : null];
}

const findPeople = (row) => (may("people:read") ? h("a", { class: "button", title: t("stock.find_people"), dataset: { action: "people" }, href: address("audience", { leftovers: "1", store: row.store_id, product: row.product_id }) }, icon("audience"), h("span", {}, t("stock.find_people"))) : null);
const propose = (row) => (may("campaigns:propose") ? h("a", { class: "button", title: t("stock.propose"), dataset: { action: "propose" }, href: address("campaigns", { new: "leftovers", product: row.product_id, store: row.store_id }) }, icon("campaigns"), h("span", {}, t("stock.propose"))) : null);

function stateCell(row) {
  const short = row.state === "received" && row.open_units > 0;
  return [h("span", { class: `badge state-${row.state}` }, t(`state_of.${row.state}`)), short ? h("span", { class: "badge flag" }, t("stock.open_units", { units: units(row.open_units) })) : null];
}

/** Where one acts on an exception. */
export function actionAddress(row) {
  const tab = { phantom: "counts", leftover: "leftovers", transfer: "transfers" }[row.kind];
  if (tab) return address("stock", { tab, f: `${tab === "transfers" ? "from_store_id" : "store_id"}:${row.store_id}`, q: row.product_id });
  return address("orders", { store: row.store_id, show: "all", q: row.product_id });
}

const known = (value, text) => (value === null || value === undefined ? t("line.unknown") : text(value));
const cash = (value) => known(value, (one) => money(one, 0));

/** The list behind each tab, its columns, the columns that conditions may name, a group whose counts are shown, and sums. */
export const TABS = {
  transfers: {
    columns: [product, named("from_store_name", "stock.from"), named("to_store_name", "stock.to"), amount("units", "exceptions.units"), amount("expected_value", "column.expected_value", money), reason],
    conditions: ["from_store_id", "to_store_id", "from_region", "to_region", "department", "category"], store: "from_store_id",
    sums: ({ totals }) => [["exceptions.units", known(totals.units, units)], ["totals.value", cash(totals.expected_value)]],
  },
  counts: {
    columns: [product, shop, amount("on_hand", "column.on_hand"), amount("days_without_sale", "stock.silent_days", number), amount("expected_units", "stock.missed"), amount("probability", "stock.phantom", likelihood), amount("expected_value", "stock.brings_back", money), reason],
    conditions: ["store_id", "region", "department", "category"], store: "store_id",
    sums: ({ totals }) => [["stock.brings_back", cash(totals.expected_value)]],
  },
  leftovers: {
    columns: [product, shop, amount("on_hand", "column.on_hand"), { ...date("sell_by", "stock.sell_by"), cell: (row) => [row.sell_by ? day(row.sell_by) : null, h("span", { class: "sub" }, t(`sell_by.${row.reason_code}`))] }, amount("left_over_units", "stock.left"), { ...amount("value_at_risk", "stock.at_risk"), cell: (row) => h("span", { title: costHint(row.value_at_risk, row.cost_basis) }, costText(row.value_at_risk, row.cost_basis)) }, { key: "action", label: "stock.advice", align: "reason", cell: adviceCell }, { key: "people", label: "stock.act", align: "actions", sortable: false, cell: (row) => (row.action === "waste" ? null : h("span", { class: "buttons" }, propose(row), findPeople(row))) }],
    conditions: ["store_id", "region", "department", "category", "reason_code", "action"], store: "store_id", group: "action",
    sums: ({ totals, groups }) => [["stock.left", known(totals.left_over_units, units)], ["stock.at_risk", cash(totals.value_at_risk), costNote(totals, "value_at_risk")], ["stock.lowered", cash(groups.find((one) => one.key === "markdown")?.markdown_value ?? 0)]],
  },
  orders: {
    columns: [product, shop, date("as_of", "stock.as_of"), { key: "state", label: "stock.state", cell: stateCell }, amount("suggested_quantity", "stock.suggested"), amount("order_quantity", "stock.decided"), amount("received_units", "stock.received"), { key: "decided_by", label: "stock.decided_by", cell: (row) => [name(row.decided_by), h("span", { class: "sub" }, moment(row.decided_at)), row.reason ? h("span", { class: "sub" }, words(row.reason)) : null] }, { ...date("exported_at", "stock.exported_at", moment), sortable: false }, date("received_on", "stock.received_on")],
    conditions: ["store_id", "region", "department", "category", "state", "decided_by", "as_of"], store: "store_id", group: "state",
    sums: ({ groups }) => groups.map((one) => [`state_of.${one.key}`, number(one.lines)]),
  },
  attention: {
    columns: [amount("money", "exceptions.money", (value) => money(value, 0)), { key: "kind", label: "exceptions.kind", cell: (row) => h("a", { href: actionAddress(row) }, h("span", { class: `badge flag exception-${row.kind}` }, t(`exception.${row.kind}`))) }, { ...product, cell: (row) => h("a", { href: actionAddress(row) }, name(row.product_name, { class: "strong" })) }, { ...shop, cell: (row) => [name(row.store_name), row.other_store_name ? [" → ", name(row.other_store_name)] : null] }, amount("units", "exceptions.units"), reason],
    conditions: ["store_id", "region", "department", "category", "kind"], store: "store_id", group: "kind",
    sums: ({ totals, groups }) => [["exceptions.money", cash(totals.money)], ...groups.map((one) => [`exception.${one.key}`, `${number(one.lines)} · ${money(one.money ?? 0, 0)}`])],
  },
};
