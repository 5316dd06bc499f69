// The preview of a campaign: size, buyers, value, reach by channel and shop, who is left out and why, stock.

import { h, name, words } from "../dom.js";
import { code, day, has, isNumber, money, number, percent, t, units } from "../i18n.js";
import { bars } from "../plots.js";
import { address } from "../route.js";
import { storeName } from "../suggestions.js";
import { dataTable } from "../table.js";

const SHOWN = 15;
const MOST_GOODS = 12;
const NAMED_GOODS = 3;

const panel = (title, ...content) => h("section", { class: "panel" }, h("h2", {}, t(title)), ...content);

function figures(preview) {
  const one = (label, value, hint) => h("div", { class: "figure", title: hint }, h("dt", {}, t(label)), h("dd", {}, value));
  return h("dl", { class: "figures" },
    one("audience.contacts", number(preview.contacts)), one("audience.holdout", number(preview.holdout), t("column_help.group")),
    one("audience.expected_buyers", number(preview.expected_buyers, 1), t("campaign.buyers_hint", { any: number(preview.expected_buyers_any, 1) })),
    one("campaign.caused", number(preview.caused_purchases, 1), t("campaign.caused_hint")),
    one("campaign.cost", money(preview.cost)), one("campaign.value", isNumber(preview.expected_value) ? money(preview.expected_value, 0) : t("campaign.unknown_value"), t("campaign.value_hint")));
}

const rankedBy = (preview) => t(preview.ranked_by === "uplift" ? "audience.by_uplift" : "audience.by_response");

/** The one share that is told: of the two numbers above; a preview of an older version does not name it. */
function basis(preview) {
  const share = isNumber(preview.incremental_share) ? t("campaign.incremental", { share: percent(preview.incremental_share) }) + t("sentence.space") : "";
  const how = preview.effect_basis !== "measured" ? "assumed" : preview.measured_campaigns ? "own" : "measured";
  return share + t(`campaign.basis_${how}`, { count: preview.measured_campaigns });
}

/** People who are left after each step, from everybody down to those who are listed. */
function steps(preview) {
  const all = preview.considered || 1;
  const line = (label, left, out) => h("li", {}, h("span", {}, label), h("span", { class: "amount" }, out ? h("span", { class: "hint" }, `−${number(out)} `) : null, number(left)), h("span", { class: "bar" }, h("i", { style: { width: `${(left / all) * 100}%` } })));
  const said = (step) => (has(`exclusion.${step.code}`) ? t(`exclusion.${step.code}`) : words(step.reason));
  return h("ol", { class: "exclusions steps" }, line(t("campaign.considered"), preview.considered, 0), preview.steps.map((step) => line(said(step), step.left, step.customers)));
}

function reach(preview) {
  const columns = [
    { key: "channel", label: t("column.channel"), value: (row) => code("channel", row.channel) },
    { key: "reachable", label: t("campaign.reachable"), align: "number", first: "descending", value: (row) => row.reachable, cell: (row) => number(row.reachable) },
    { key: "contacts", label: t("campaign.contacts"), align: "number", first: "descending", value: (row) => row.contacts, cell: (row) => number(row.contacts) },
    { key: "cost", label: t("campaign.cost"), align: "number", first: "descending", value: (row) => row.cost, cell: (row) => money(row.cost) },
  ];
  return dataTable({ columns, rows: preview.channels, caption: t("campaign.by_channel"), which: "channels" }).element;
}

function byShop(preview) {
  const columns = [
    { key: "store_id", label: t("overview.shop"), align: "product", value: (row) => storeName(row.store_id), cell: (row) => (row.store_id ? name(storeName(row.store_id)) : t("campaign.no_shop")) },
    { key: "contacts", label: t("campaign.contacts"), align: "number", first: "descending", value: (row) => row.contacts, cell: (row) => number(row.contacts) },
    { key: "expected_buyers", label: t("audience.expected_buyers"), align: "number", first: "descending", value: (row) => row.expected_buyers, cell: (row) => number(row.expected_buyers, 1) },
    { key: "caused_purchases", label: t("campaign.caused"), align: "number", first: "descending", value: (row) => row.caused_purchases, cell: (row) => number(row.caused_purchases, 1) },
  ];
  return dataTable({ columns, rows: preview.stores, caption: t("campaign.by_shop"), page: SHOWN, which: "stores" }).element;
}

/** Stock that limits the campaign: of one for excess stock only what is not expected to sell otherwise. */
function stock(preview, names, isExcess) {
  const left = (row) => row.stock - row.promised_before - row.promised;
  const amount = (key, label, value = (row) => row[key]) => ({ key, label: t(label), align: "number", first: "descending", value, cell: (row) => units(value(row)) });
  const columns = [
    { key: "product_id", label: t("column.product"), align: "product", value: (row) => names[row.product_id] ?? row.product_id, cell: (row) => name(names[row.product_id] ?? row.product_id, { class: "strong" }) },
    { key: "store_id", label: t("overview.shop"), value: (row) => storeName(row.store_id), cell: (row) => name(storeName(row.store_id)) },
    amount("stock", isExcess ? "campaign.excess" : "campaign.stock"), amount("promised_before", "campaign.promised_before"), amount("promised", "campaign.promised"), amount("left", "campaign.stock_left", left),
  ];
  return [h("p", { class: "hint" }, t(isExcess ? "campaign.excess_hint" : "campaign.stock_hint")), dataTable({ columns, rows: preview.stock, caption: t(isExcess ? "campaign.excess_title" : "campaign.stock_title"), page: SHOWN, which: "stock" }).element];
}

/** Contacts by product: those with most, and the others as one line, so that the lines add up to all contacts. */
function toldOf(preview, names) {
  const line = (label, contacts) => ({ label, value: contacts, text: number(contacts) });
  const others = preview.products.slice(MOST_GOODS);
  const rest = others.reduce((sum, row) => sum + row.contacts, 0);
  return [...preview.products.slice(0, MOST_GOODS).map((row) => line(name(names[row.product_id] ?? row.product_id), row.contacts)), ...(others.length ? [line(t("campaign.other_goods", { count: others.length }), rest)] : [])];
}

/** Approved campaigns that tell the same people in the same days. */
function overlaps(preview, names) {
  const rows = preview.overlaps ?? [];
  if (!rows.length) return null;
  const called = (row) => row.name ?? t("campaign.overlap_other");
  const goods = (row) => row.products.map((id) => names[id] ?? id);
  const columns = [
    { key: "name", label: t("campaign.name"), align: "product", value: called, cell: (row) => (row.campaign_id ? h("a", { href: address("campaigns", { id: row.campaign_id }) }, name(called(row))) : called(row)) },
    { key: "people", label: t("campaign.overlap_people"), hint: t("campaign.overlap_people_hint"), align: "number", first: "descending", value: (row) => row.people, cell: (row) => number(row.people) },
    { key: "left_out", label: t("campaign.overlap_left_out"), hint: t("campaign.overlap_left_out_hint"), align: "number", first: "descending", value: (row) => row.left_out, cell: (row) => number(row.left_out) },
    { key: "products", label: t("campaign.overlap_goods"), align: "product", value: (row) => goods(row).length, cell: (row) => [...goods(row).slice(0, NAMED_GOODS).map((one, index) => [index ? t("word.list") : "", name(one)]), goods(row).length > NAMED_GOODS ? ` ${t("campaign.overlap_more", { count: goods(row).length - NAMED_GOODS })}` : null] },
  ];
  return panel("campaign.overlaps", h("p", { class: "hint" }, t("campaign.overlaps_hint")), dataTable({ columns, rows, caption: t("campaign.overlaps"), page: SHOWN, which: "overlaps" }).element);
}

export function previewPanels(preview, names, definition) {
  const told = toldOf(preview, names);
  const calendar = preview.days.map((row) => ({ label: day(row.day), value: row.contacts, text: number(row.contacts) }));
  return [
    h("div", { class: "audience-top" }, panel("campaign.expected", figures(preview), h("p", { class: "hint" }, `${basis(preview)}${t("sentence.space")}${rankedBy(preview)}`)), h("section", { class: "panel side" }, h("h2", {}, t("campaign.steps")), steps(preview))),
    overlaps(preview, names),
    h("div", { class: "pair" }, panel("campaign.by_channel", reach(preview)), panel("campaign.told_of", bars(told))),
    h("div", { class: "pair" }, panel("campaign.by_shop", byShop(preview)), panel("campaign.by_day", bars(calendar))),
    preview.stock.length ? panel(definition?.left_over ? "campaign.excess_title" : "campaign.stock_title", stock(preview, names, Boolean(definition?.left_over))) : null,
  ];
}
