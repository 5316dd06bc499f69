// One order line questioned: the arithmetic behind it, its dates, its reason, and what one may do about it.

import { call } from "../api.js";
import { decisionForm } from "../decision_form.js";
import { h, icon, name, svg, words } from "../dom.js";
import { code, costHint, costText, day, isNumber, money, relativeDay, t, units } from "../i18n.js";
import { costOfService, planAt, stockProjection } from "../line_plots.js";
import { lineSums } from "../line_sums.js";
import { address } from "../route.js";
import { fill } from "../states.js";
import { storeName } from "../suggestions.js";

const WIDTH = 460;
/** The quantity that counts: what was decided, else what is suggested. */
const counts = (line) => line.quantity ?? line.order_quantity;
const isChanged = (line) => counts(line) !== line.order_quantity;

/** Stock, what is on its way and the order as one bar, against the demand and the level ordered up to. */
function stockBar(line) {
  const parts = [["on_hand", Math.max(line.on_hand ?? 0, 0)], ["on_order", line.on_order ?? 0], ["order", counts(line) ?? 0]];
  const total = parts.reduce((sum, [, value]) => sum + value, 0);
  const scale = WIDTH / (Math.max(total, line.order_up_to ?? 0, line.demand_until_next_arrival ?? 0, 1) * 1.06);
  let from = 0;
  const bars = parts.map(([kind, value]) => {
    const bar = svg("rect", { class: `part ${kind}`, x: from * scale, y: 18, width: Math.max(value * scale - 1, 0), height: 20 }, svg("title", {}, `${t(`line.${kind}`)} ${units(value)}`));
    from += value;
    return bar;
  });
  const marker = (value, kind, y) => {
    if (!isNumber(value)) return null;
    const x = value * scale;
    return svg("g", { class: `marker ${kind}` }, svg("line", { x1: x, x2: x, y1: 12, y2: 44 }), svg("text", { x: x > WIDTH * 0.7 ? x - 4 : x + 4, y, "text-anchor": x > WIDTH * 0.7 ? "end" : "start" }, `${t(`line.${kind}_short`)} ${units(value)}`));
  };
  return svg("svg", { class: "stock-bar", viewBox: `0 0 ${WIDTH} 60`, role: "img", "aria-label": t("line.picture") }, bars, marker(line.demand_until_next_arrival, "demand", 10), marker(line.order_up_to, "target", 56));
}

function sum(rows) {
  return h("table", { class: "sum" }, h("tbody", {}, rows.filter(Boolean).map(([sign, label, value, kind]) => h("tr", { class: kind ?? "" }, h("td", { class: "sign" }, sign), h("th", { scope: "row" }, label), h("td", { class: "number" }, isNumber(value) ? units(value) : t("line.unknown"))))));
}

/** What stands between the gap and the order. */
function limitsKey(line, gap) {
  if (!isNumber(line.moved_units)) return "line.limits_older";
  return line.order_quantity ? "line.limits" : gap > 0 ? "line.not_ordered" : "line.surplus";
}

/** The arithmetic of a line: rows of sign, label, units and kind; unknown numbers are null. */
function arithmetic(line) {
  const tail = isChanged(line) ? [["→", t("line.decided"), line.quantity, "result"]] : [];
  const { parts, sums } = lineSums(line);
  const row = (key, label, sign = "−") => (parts[key] ? [parts[key] < 0 ? (sign === "−" ? "+" : "−") : sign, label, Math.abs(parts[key])] : null);
  if (!sums) return sum([["", t("line.demand"), line.demand_until_next_arrival], ["−", t("line.on_hand"), line.on_hand], ["−", t("line.on_order"), line.on_order], ["", t("line.position"), null, "rule"], ["→", t("line.order_rounded"), line.order_quantity, "result"], ...tail]);
  return sum([
    ["", t("line.demand"), parts.demand],
    row("lost", t("line.lost_before")),
    row("safety", t("line.safety"), "+"),
    ["=", t("line.target"), sums.target, "rule"],
    ["−", line.on_hand < 0 ? t("line.on_hand_negative", { units: units(line.on_hand) }) : t("line.on_hand"), parts.stock],
    ["−", t("line.on_order"), parts.coming],
    row("moved", t(parts.moved < 0 ? "line.moved_out" : "line.moved_in")),
    row("held", t("line.shops_hold")),
    ["=", t("line.gap"), sums.gap, "rule"],
    row("limits", t(limitsKey(line, sums.gap)), "+"),
    ["=", t("line.suggested"), line.order_quantity, "result"], ...tail,
  ]);
}

function facts(line, asOf) {
  const row = (label, value, note) => h("div", {}, h("dt", {}, label), h("dd", {}, value, note ? h("span", { class: "hint" }, " ", note) : null));
  const about = (date) => (date && asOf ? relativeDay(date, asOf) : null);
  return h(
    "dl",
    { class: "facts" },
    row(t("column.order_on"), day(line.order_on), about(line.order_on)),
    row(t("column.arrives_on"), day(line.arrives_on), about(line.arrives_on)),
    row(t("column.expected_lost_sales"), units(line.lost_sales), isNumber(line.lost_sales) ? null : t("grid.no_plan_so_far")),
    row(t("column.expected_value"), money(line.value), isNumber(line.value) ? null : t("grid.no_plan_so_far")),
    row(t("column.order_cost"), costText(line.cost, line.cost_basis), costHint(line.cost, line.cost_basis)),
    row(t("column.source"), sourceText(line)),
  );
}

const supplier = ({ supplier_id: id, supplier_name: called }) => [name(called ?? id), called && called !== id ? [" ", h("span", { class: "hint" }, name(id))] : null];

export function sourceText(line) {
  const source = String(line.source ?? "");
  if (source.startsWith("transfer:")) return h("span", {}, t("source.transfer"), " ", name(line.warehouse_name ?? storeName(source.slice(9))));
  if (source === "supplier" && line.supplier_id) return [t("source.supplier"), " ", supplier(line)];
  return source ? code("source", source) : "";
}

/** How the stock goes on and what other quantities would mean, in the numbers of the plan. */
function outlook(line, signal) {
  const place = h("div", { class: "line-outlook" });
  fill(place, signal, async () => {
    const plan = await call("line_plan", { store_id: line.store_id, product_id: line.product_id }, { signal });
    if (plan.reason) return h("p", { class: "hint" }, t(`outlook.${plan.reason}`));
    const counted = planAt(plan, isChanged(line) ? counts(line) : plan.order_quantity, isNumber(line.lost_sales) && isNumber(line.expected_lost_sales) ? line.lost_sales - line.expected_lost_sales : null);
    return [isNumber(counted.least_mean) ? stockProjection(counted) : h("p", { class: "hint" }, t("outlook.beyond", { quantity: units(counts(line)) })), costOfService(counted)];
  }, { lines: 3 });
  return place;
}

/** @param {object} options asOf, canDecide, ondecide(line, action, details), onback(line), signal */
export function lineDetail(line, { asOf, canDecide, ondecide, onback, signal }) {
  return h(
    "div",
    { class: "line-detail" },
    h("div", { class: "line-why" },
      isChanged(line) ? h("p", { class: "lead", dataset: { part: "decided" } }, t("line.decided_instead", { units: units(counts(line)), suggested: units(line.order_quantity) })) : null,
      h("p", { class: isChanged(line) ? "hint" : "lead" }, isChanged(line) ? t("line.why_suggested", { suggested: units(line.order_quantity) }) : null, words(line.reason_text)),
      line.flags.length ? h("ul", { class: "line-flags" }, line.flags.map((flag) => h("li", {}, icon("alert"), t(`flag_help.${flag}`)))) : null,
      outlook(line, signal), stockBar(line), h("ul", { class: "legend" }, ["on_hand", "on_order", "order"].map((kind) => h("li", {}, h("span", { class: `mark part-${kind}` }), t(`line.${kind}`)))), facts(line, asOf),
      h("p", {}, h("a", { class: "button", href: address("forecast", { store: line.store_id, product: line.product_id }) }, icon("forecast"), t("line.to_forecast")))),
    h("div", { class: "line-sum" }, h("h3", {}, t("line.sum")), arithmetic(line),
      canDecide ? decisionForm(line, (action, details) => ondecide(line, action, details), () => onback(line)) : null),
  );
}
