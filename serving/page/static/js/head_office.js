// Head office: how the chain, its regions and stores do against last year, and which exceptions came or went.

import { call } from "./api.js";
import { csvButton } from "./csv.js";
import { h, name, scrollBox, svg, words } from "./dom.js";
import { code, day, DASH, isNumber, money, number, percent, signed, signedPercent, t } from "./i18n.js";
import { mayRunJobs } from "./rights.js";
import { address } from "./route.js";
import { empty, folded, foldedPanel } from "./states.js";
import { storeMap } from "./store_map.js";

const SHOWN = 12;
const LISTED = 5;
const CSV_COLUMNS = ["store_id", "name", "region", "sales", "sales_before", "sales_last_year", "sales_plan", "margin", "margin_last_year", "margin_plan", "margin_share", "lost_sales", "lost_sales_last_year", "fill_rate", "fill_rate_last_year", "stock_value", "stock_value_last_year", "cover_days", "cover_days_last_year", "unpriced_units", "uncosted_units", "lost_share", "shop_stock_value", "shop_cover_days", "doubtful_stock_value", "doubtful_stock_lines"];
const CANNOT = new Set([403, 404, 422]);
const [WIDE, HIGH] = [120, 26];

const share = (value) => (isNumber(value) ? percent(value, 1) : DASH);
const days = (value) => (isNumber(value) ? t("office.days", { count: number(value, 0) }) : DASH);

/** A share against last year, with its sign; points where both are shares. Against a loss or nothing there is none. */
function against(now, then, { points = false } = {}) {
  if (!isNumber(now) || !isNumber(then) || (!points && then <= 0)) return null;
  return points ? t("office.points", { value: signed(100 * (now - then), 1) }) : signedPercent(now / then - 1);
}

/** Thirteen weeks as a line, last year's dashed behind it. */
function trend(row) {
  if (!row.weeks.some((value) => value > 0)) return DASH;
  const most = Math.max(...row.weeks, ...row.weeks_last_year.filter(isNumber), 1e-9);
  const x = (place) => 2 + (place / (row.weeks.length - 1)) * (WIDE - 4);
  const y = (value) => HIGH - 2 - (value / most) * (HIGH - 4);
  const path = (values) => values.map((value, place) => (isNumber(value) ? `${place && isNumber(values[place - 1]) ? "L" : "M"}${x(place).toFixed(1)} ${y(value).toFixed(1)}` : "")).join("");
  return svg("svg", { class: "trend", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": t("office.trend_of", { first: money(row.weeks[0], 0), last: money(row.weeks.at(-1), 0) }) }, svg("path", { class: "year", d: path(row.weeks_last_year) }), svg("path", { class: "now", d: path(row.weeks) }));
}

function figure(key, value, comparison, reason, more = null) {
  const note = [comparison ? t("office.to_last_year", { value: comparison }) : reason ? t(`office.reason.${reason}`) : null, more].filter(Boolean).join(" · ") || null;
  return h("div", { class: "figure", title: t(`office.help.${key}`) }, h("dt", {}, t(`office.${key}`)), h("dd", {}, value), note ? h("dd", { class: "hint" }, note) : null);
}

/** Sales against the plan of these days, where there is one. */
function planned(total, reasons) {
  const note = isNumber(total.sales_to_plan) ? t("office.of_plan", { plan: money(total.sales_plan, 0) }) : t(`office.reason.${reasons.sales_plan}`);
  return h("div", { class: `figure${total.sales_to_plan < 0 ? " warn" : ""}`, title: t("office.help.to_plan") }, h("dt", {}, t("office.to_plan")), h("dd", {}, isNumber(total.sales_to_plan) ? signedPercent(total.sales_to_plan) : DASH), h("dd", { class: "hint" }, note));
}

function figures({ total, reasons }) {
  return h("dl", { class: "figures office-figures" },
    figure("sales", money(total.sales, 0), against(total.sales, total.sales_last_year), reasons.sales ?? reasons.sales_last_year),
    isNumber(total.sales_plan) || reasons.sales_plan === "plan_not_whole" ? planned(total, reasons) : null,
    figure("margin", money(total.margin, 0), against(total.margin, total.margin_last_year), reasons.margin),
    figure("margin_share", share(total.margin_share), against(total.margin_share, total.margin_share_last_year, { points: true }), reasons.margin),
    figure("lost_sales", money(total.lost_sales, 0), against(total.lost_sales, total.lost_sales_last_year), reasons.lost_sales, isNumber(total.lost_share) ? t("office.lost_share", { share: share(total.lost_share) }) : null),
    figure("fill_rate", share(total.fill_rate), against(total.fill_rate, total.fill_rate_last_year, { points: true }), reasons.fill_rate),
    figure("stock_value", money(total.stock_value, 0), against(total.stock_value, total.stock_value_last_year), reasons.stock_value, total.doubtful_stock_lines ? t("office.doubtful", { money: money(total.doubtful_stock_value, 0), count: total.doubtful_stock_lines }) : null),
    figure("cover_days", days(total.cover_days), against(total.cover_days, total.cover_days_last_year), reasons.cover_days, ofShops(total)),
    figure("waste", money(total.waste, 0), null, reasons.waste));
}

/** Cover of the shops alone, where a warehouse holds a part of the stock. */
const ofShops = (row) => (isNumber(row.shop_cover_days) && Math.abs(row.shop_cover_days - row.cover_days) >= 0.5 ? t("office.in_shops", { days: days(row.shop_cover_days) }) : null);

/** Days of cover: of the shops first, where a warehouse lies in the region; a warehouse sells nothing that it could cover. */
function coverOf(row) {
  if (!ofShops(row)) return row.store_id && isNumber(row.stock_value) && !isNumber(row.shop_stock_value) ? h("span", { class: "hint" }, t("office.warehouse")) : days(row.cover_days);
  return [days(row.shop_cover_days), h("span", { class: "sub" }, t("office.with_warehouses", { days: days(row.cover_days) }))];
}

function table(rows, title) {
  const cell = (content) => h("td", { class: "number" }, content);
  const hasPlan = rows.some((row) => isNumber(row.sales_to_plan));
  const head = ["sales", "to_year", "trend_before", ...(hasPlan ? ["to_plan"] : []), "margin_share", "lost_sales", "fill_rate", "stock_value", "cover_days"];
  const label = (row) => (row.store_id ? h("a", { href: address("orders", { store: row.store_id }) }, name(row.name)) : row.name ? name(row.name) : t("office.no_region"));
  const change = (value) => (isNumber(value) ? h("span", { class: value < 0 ? "warn" : "" }, signedPercent(value)) : DASH);
  const line = (row) => h("tr", {}, h("th", { scope: "row" }, label(row)), cell(money(row.sales, 0)), cell(change(row.sales_change)), cell(change(row.sales_trend)), hasPlan ? cell(change(row.sales_to_plan)) : null, cell(share(row.margin_share)), cell(money(row.lost_sales, 0)), cell(share(row.fill_rate)), cell(money(row.stock_value, 0)), cell(coverOf(row)), h("td", {}, trend(row)));
  return scrollBox(title, h("table", { class: "data office-table" }, h("caption", { class: "visually-hidden" }, title), h("thead", {}, h("tr", {}, h("th", { scope: "col" }, title), head.map((key) => h("th", { scope: "col", class: "number" }, t(`office.${key}`))), h("th", { scope: "col" }, t("office.trend")))), h("tbody", {}, rows.slice(0, SHOWN).map(line))));
}

function changed({ since, ...changes }, asOf) {
  const when = since === asOf ? t("office.same_day") : day(since, "full");
  const list = (key) => {
    const { lines, money: sum, rows } = changes[key];
    const item = (row) => h("li", {}, h("span", { class: `badge flag exception-${row.kind}` }, t(`exception.${row.kind}`)), name(row.product_name), " · ", name(row.store_name), " ", h("span", { class: "strong" }, money(row.money, 0)), h("span", { class: "sub reason-text", title: row.reason }, words(row.reason)));
    return h("div", {}, h("h3", {}, t(`office.${key}`, { count: lines, money: money(sum, 0) })), h("ul", { class: "office-changes" }, rows.map(item)));
  };
  if (!changes.new.lines && !changes.gone.lines) return h("p", { class: "hint" }, t("office.nothing_changed", { day: when }));
  return [h("h3", {}, t("office.changed", { day: when })), h("div", { class: "pair" }, list("new"), list("gone"))];
}

/** The figures, or a sentence where the published answers have none. */
export async function headOfficePanel(signal) {
  let answer;
  try {
    answer = await call("head_office", { changes: LISTED }, { signal });
  } catch (error) {
    if (!CANNOT.has(error.status)) throw error;
    return h("p", { class: "hint" }, t("office.none"));
  }
  if (!answer.total) return empty(t("office.none"));
  const regions = answer.regions.filter((row) => row.name);
  return [
    h("p", { class: "hint" }, t("office.days_of", { days: answer.days, day: day(answer.as_of, "full") })),
    figures(answer),
    answer.reasons.sales_plan === "no_plan" ? h("p", { class: "hint", dataset: { plan: "none" } }, t("office.plan_how"), mayRunJobs() ? [t("sentence.space"), h("a", { href: address("jobs", { new: "ingest" }) }, t("office.plan_bring"))] : null) : null,
    folded(t("office.tables"),
      regions.length > 1 ? table(regions, t("office.by_region")) : null,
      table(answer.stores, t("office.by_store")),
      h("p", { class: "buttons" }, csvButton(`stores-${answer.as_of}.csv`, CSV_COLUMNS, [{ ...answer.total, name: t("office.whole") }, ...answer.regions.map((row) => ({ ...row, name: row.name ?? t("office.no_region") })), ...answer.stores])),
      answer.stores.length > SHOWN ? h("p", { class: "hint" }, t("table.shown", { shown: SHOWN, total: answer.stores.length })) : null,
      storeMap(answer.stores, signal)),
    answer.changes ? changed(answer.changes, answer.as_of) : h("p", { class: "hint" }, t("office.no_changes")),
  ];
}

const signedMoney = (value) => (value > 0 ? `+${money(value, 0)}` : money(value, 0));

function worthFigure(key, value, note) {
  return h("div", { class: "figure", dataset: { worth: key }, title: t(`worth.help.${key}`) }, h("dt", {}, t(`worth.${key}`)), h("dd", { class: isNumber(value) && value < 0 ? "warn" : "" }, isNumber(value) ? signedMoney(value) : DASH), h("dd", { class: "hint" }, note));
}

/** What models and people were worth, in money where it was measured; null where the key may not ask. */
export async function worthPanel(signal) {
  let answer;
  try {
    answer = await call("worth", {}, { signal });
  } catch (error) {
    if (!CANNOT.has(error.status)) throw error;
    return null;
  }
  const { orders, campaigns, models } = answer;
  const why = (one) => t(`worth.reason.${one.reason}`);
  const days = orders.first_day ? t("worth.lines", { count: orders.lines, first: day(orders.first_day, "short"), last: day(orders.last_day, "long") }) : why(orders);
  const left = (orders.left_out ?? []).map((one) => t("worth.left_out", { count: one.lines, days: one.days, why: t(`worth.reason.${one.reason}`) })).map((text) => h("li", { dataset: { leftOut: "" } }, text));
  const tested = (one) => (one.kind === "demand" ? t("metric_meaning.wape", { value: number(100 * one.value), baseline: number(100 * one.baseline) }) : t(`worth.test.${one.kind}`, { value: percent(one.value, 0), baseline: percent(one.baseline, 0) }));
  const test = (one) => h("li", {}, code("bundle", one.kind), ": ", one.reason ? why(one) : tested(one));
  return foldedPanel(t("worth.title"), [h("p", { class: "hint" }, t("worth.intro")),
    h("dl", { class: "figures" },
      worthFigure("models", orders.models, days),
      worthFigure("people", orders.people, isNumber(orders.people) ? t("worth.changed", { count: orders.changed, better: orders.better, worse: orders.worse }) : why(orders)),
      worthFigure("campaigns", campaigns.money, campaigns.reason ? why(campaigns) : t("worth.campaigns_of", { count: campaigns.campaigns, unclear: campaigns.unclear }))),
    h("ul", { class: "plain-list" }, left, models.map(test)),
    mayRunJobs() ? h("p", {}, h("a", { href: address("jobs", { new: "measure_orders" }) }, t("worth.measure"))) : null], "", { dataset: { panel: "worth" } });
}
