// Overview: links to the views, counts, exceptions over all stores and by store, models in use, forecast value added.

import { call } from "../api.js";
import { h, icon, name, replace, scrollBox } from "../dom.js";
import { code, has, isNumber, money, number, t, units } from "../i18n.js";
import { address, viewsFor } from "../route.js";
import { problemText } from "../problems.js";
import { ledgerTable } from "../ledger.js";
import { consistencyPanel } from "../consistency.js";
import { topExceptions } from "../exceptions.js";
import { headOfficePanel, worthPanel } from "../head_office.js";
import { placeKind } from "../rights.js";
import { empty, fill, folded, foldedPanel, opening } from "../states.js";
import { modelsPanel } from "./models.js";

const STORES = 12;
const CANNOT = new Set([403, 422]);
const MAY_NOT_ORDER = new Set(["marketer"]);
const ORDER = ["stores", "products", "customers", "suggestions", "open"];
/** What models are made of, which says nothing about the shops. */
const OF_MODELS = ["series", "recommendations", "pairs"];

function counts(overview) {
  const order = overview?.role === "data_scientist" ? [...ORDER, ...OF_MODELS] : ORDER;
  const entries = order.map((key) => [key, key === "open" ? overview?.open : overview?.counts?.[key]]).filter(([, value]) => isNumber(value));
  return h("dl", { class: "figures tiles" }, entries.map(([key, value]) => h("div", { class: "figure", title: has(`count_hint.${key}`) ? t(`count_hint.${key}`) : null }, h("dt", {}, code("count", key)), h("dd", {}, number(value)))));
}

function storeTable(rows) {
  const store = (row, show) => address("orders", { store: row.key, show });
  const warn = (value, row) => h("td", { class: "number" }, value ? h("a", { class: "warn", href: store(row, "exceptions") }, number(value)) : h("span", { class: "hint" }, "0"));
  const amount = (text) => h("td", { class: "number" }, text);
  const body = rows.map((row) => h("tr", {}, h("th", { scope: "row" }, h("a", { href: store(row) }, name(row.name ?? row.key))), warn(row.loss, row), warn(row.unknown_stock, row),
    amount(number(row.is_order)), amount(units(row.quantity)), amount(money(row.cost, 0)), amount(units(row.lost_sales))));
  const head = ["overview.shop", "overview.losses", "overview.unknown_stock", "totals.orders", "totals.units", "totals.cost", "totals.lost"];
  return scrollBox(t("overview.attention"), h("table", { class: "data compact" }, h("caption", { class: "visually-hidden" }, t("overview.attention")), h("thead", {}, h("tr", {}, head.map((key, index) => h("th", { scope: "col", class: index ? "number" : "" }, t(key))))), h("tbody", {}, body)));
}

/** One row per store with its stockout risks, unknown stock and orders: the stores with most risks first. */
async function exceptionsByStore(overview, signal) {
  if (MAY_NOT_ORDER.has(overview?.role)) return empty(t("overview.quiet"));
  const ask = (more = {}) => call("listing", { table: "suggestions", group_by: "store_id", limit: 0, ...more }, { signal });
  const flagged = async (flag) => new Map((await ask({ show: "exceptions", where: [{ column: "flags", any_of: [flag] }] })).groups.map((group) => [group.key, group.lines]));
  try {
    const [all, loss, unknown] = await Promise.all([ask(), flagged("loss"), flagged("unknown_stock")]);
    const rows = all.groups.map((group) => ({ ...group, loss: loss.get(group.key) ?? 0, unknown_stock: unknown.get(group.key) ?? 0 })).sort((a, b) => b.loss - a.loss || b.is_to_check - a.is_to_check);
    if (!rows.length) return empty(t("overview.quiet"));
    const more = all.groups_total > STORES ? h("p", { class: "hint" }, t("overview.first_shops", { shown: STORES, total: all.groups_total }), " ", h("a", { href: address("orders", { group: "store_id" }) }, t("overview.all_shops"))) : null;
    return [storeTable(rows.slice(0, STORES)), more];
  } catch (error) {
    if (!CANNOT.has(error.status)) throw error;
    return empty(t("overview.cannot"), problemText(error));
  }
}

function viewLinks(overview) {
  const link = (view) => h("a", { class: "view-link", href: address(view) }, icon(view), h("span", {}, h("strong", {}, t(`nav.${view}`)), h("span", {}, t(`view.${view}`))));
  return h("div", { class: "view-links" }, viewsFor(overview?.role).filter((view) => view !== "overview").map(link));
}

/** The exceptions, or a sentence where the published answers have none of that kind. */
async function exceptionsOrReason(signal) {
  try {
    return await topExceptions(signal);
  } catch (error) {
    if (!CANNOT.has(error.status)) throw error;
    return empty(t("overview.cannot"), problemText(error));
  }
}

export async function overviewView(root, { overview, signal }) {
  const [storeList, exceptionList, office, worth] = [h("div"), h("div"), h("div"), h("div")];
  const mayOrder = !MAY_NOT_ORDER.has(overview?.role);
  replace(
    root,
    h("h1", { class: "visually-hidden" }, t("nav.overview")),
    counts(overview),
    mayOrder ? h("section", { class: "panel office" }, h("h2", {}, t("office.title")), office) : null,
    mayOrder ? h("section", { class: "panel exceptions" }, h("h2", {}, t("exceptions.title")), exceptionList) : null,
    h("div", { class: "overview-columns" }, foldedPanel(t("overview.attention"), storeList), modelsPanel(overview)),
    worth,
    mayOrder ? consistencyPanel(overview) : null,
    mayOrder ? opening("ledger", t("ledger.title"), () => ledgerTable(signal), signal) : null,
    folded(t("overview.views"), viewLinks(overview)),
  );
  if (mayOrder) fill(office, signal, () => headOfficePanel(signal), { lines: 5 });
  if (mayOrder && placeKind() === "headquarters") fill(worth, signal, () => worthPanel(signal), { lines: 3 });
  if (mayOrder) fill(exceptionList, signal, () => exceptionsOrReason(signal), { lines: 6 });
  await fill(storeList, signal, () => exceptionsByStore(overview, signal), { lines: 8 });
}
