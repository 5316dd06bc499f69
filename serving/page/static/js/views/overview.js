// Overview: links to the views, counts, exceptions over all stores and by store, models in use, forecast value added.

import { call, search } from "../api.js";
import { h, icon, name, replace, scrollBox } from "../dom.js";
import { code, isNumber, money, number, t, units } from "../i18n.js";
import { address, viewsFor } from "../route.js";
import { ledgerTable } from "../ledger.js";
import { consistencyPanel } from "../consistency.js";
import { topExceptions } from "../exceptions.js";
import { headOfficePanel } from "../head_office.js";
import { empty, fill, opening } from "../states.js";
import { prepared, totals } from "../suggestions.js";
import { modelsPanel } from "./models.js";

const STORES = 12;
const AT_ONCE = 3;
const CANNOT = new Set([403, 422]);
const MAY_NOT_ORDER = new Set(["marketer"]);
const ORDER = ["stores", "products", "customers", "series", "suggestions", "open", "recommendations", "pairs"];

function counts(overview) {
  const entries = ORDER.map((key) => [key, key === "open" ? overview?.open : overview?.counts?.[key]]).filter(([, value]) => isNumber(value));
  return h("dl", { class: "figures tiles" }, entries.map(([key, value]) => h("div", { class: "figure" }, h("dt", {}, code("count", key)), h("dd", {}, number(value)))));
}

async function storeLine(store, signal) {
  const answer = await call("replenish", { store_id: store.id, limit: 5000 }, { signal });
  const lines = prepared(answer.suggestions ?? [], answer.names);
  const count = (flag) => lines.filter((line) => line.flags.includes(flag)).length;
  return { store, ...totals(lines), loss: count("loss"), unknown: count("unknown_stock") };
}

/** Results of `work` for each item, a few at a time so that one page never floods the service. */
async function inTurn(items, work) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

function storeTable(rows) {
  const warn = (value, filter, store) => h("td", { class: "number" }, value ? h("a", { class: "warn", href: address("replenishment", { store: store.id, filter }) }, number(value)) : h("span", { class: "hint" }, "0"));
  const body = rows.map((row) => h(
    "tr", {},
    h("th", { scope: "row" }, h("a", { href: address("replenishment", { store: row.store.id }) }, name(row.store.name || row.store.id)), row.store.detail ? h("span", { class: "sub" }, name(row.store.detail)) : null),
    row.error ? h("td", { colspan: 6, class: "hint" }, row.error.message || t("error.unreachable.title")) : [
      warn(row.loss, "exceptions", row.store), warn(row.unknown, "exceptions", row.store),
      h("td", { class: "number" }, number(row.orders)), h("td", { class: "number" }, units(row.units)),
      h("td", { class: "number" }, money(row.cost ?? row.value, 0)), h("td", { class: "number" }, units(row.lost))],
  ));
  const head = ["overview.shop", "overview.losses", "overview.unknown_stock", "totals.orders", "totals.units", rows.some((row) => isNumber(row.cost)) ? "totals.cost" : "totals.value", "totals.lost"];
  return scrollBox(t("overview.attention"), h("table", { class: "data compact" }, h("caption", { class: "visually-hidden" }, t("overview.attention")), h("thead", {}, h("tr", {}, head.map((key, index) => h("th", { scope: "col", class: index ? "number" : "" }, t(key))))), h("tbody", {}, body)));
}

/** One row per store with its stockout risks, unknown stock and orders; the first stores only, as each is a request. */
async function exceptionsByStore(overview, signal) {
  const stores = MAY_NOT_ORDER.has(overview?.role) ? [] : await search("store", "", { limit: STORES, signal });
  const rows = await inTurn(stores, async (store) => {
    try {
      return await storeLine(store, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return { store, error };
    }
  });
  const failure = rows.length && rows.every((row) => row.error) ? rows[0].error : null;
  if (failure && !CANNOT.has(failure.status)) throw failure;
  const useful = failure ? [] : rows.sort((a, b) => (b.loss ?? -1) - (a.loss ?? -1) || (b.exceptions ?? 0) - (a.exceptions ?? 0));
  if (!useful.length) return failure ? empty(t("overview.cannot"), failure.message) : empty(t("overview.quiet"));
  const more = (overview?.counts?.stores ?? 0) > stores.length ? h("p", { class: "hint" }, t("overview.first_shops", { shown: stores.length, total: overview.counts.stores })) : null;
  return [storeTable(useful), more];
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
    return empty(t("overview.cannot"), error.message);
  }
}

export async function overviewView(root, { overview, signal }) {
  const [storeList, exceptionList, office] = [h("div"), h("div"), h("div")];
  const mayOrder = !MAY_NOT_ORDER.has(overview?.role);
  replace(
    root,
    h("h1", { class: "visually-hidden" }, t("nav.overview")),
    viewLinks(overview),
    counts(overview),
    mayOrder ? h("section", { class: "panel office" }, h("h2", {}, t("office.title")), office) : null,
    mayOrder ? h("section", { class: "panel exceptions" }, h("h2", {}, t("exceptions.title")), exceptionList) : null,
    h("div", { class: "overview-columns" }, h("section", { class: "panel" }, h("h2", {}, t("overview.attention")), storeList), modelsPanel(overview)),
    mayOrder ? consistencyPanel(overview) : null,
    mayOrder ? opening(t("ledger.title"), () => ledgerTable(signal), signal) : null,
  );
  if (mayOrder) fill(office, signal, () => headOfficePanel(signal), { lines: 5 });
  if (mayOrder) fill(exceptionList, signal, () => exceptionsOrReason(signal), { lines: 6 });
  await fill(storeList, signal, () => exceptionsByStore(overview, signal), { lines: 8 });
}
