// What-if: forecast, revenue and margin of one product in one store at another price or under a promotion.

import { call } from "./api.js";
import { debounce, h, replace, svg, uniqueId, words } from "./dom.js";
import { currencySign, day, isNumber, money, percent, priceText, signed, t, units } from "./i18n.js";
import { addressed } from "./openable.js";
import { problemWords } from "./problems.js";
import { failed } from "./states.js";

const [WIDTH, HEIGHT] = [620, 120];
const PROMOTIONS = { planned: null, yes: true, no: false };

/** Demand as planned and as changed, day by day. */
function curves(rows) {
  const most = Math.max(...rows.flatMap((row) => [row.forecast, row.forecast_changed]), 1e-9);
  const at = (index, value) => `${((index / Math.max(rows.length - 1, 1)) * WIDTH).toFixed(1)},${(HEIGHT - (value / most) * (HEIGHT - 8)).toFixed(1)}`;
  const line = (field, kind) => svg("polyline", { class: kind, points: rows.map((row, index) => at(index, row[field])).join(" ") });
  return svg("svg", { class: "what-if-chart", viewBox: `0 0 ${WIDTH} ${HEIGHT + 18}`, role: "img", "aria-label": t("what_if.title") },
    line("forecast", "planned"), line("forecast_changed", "changed"),
    svg("text", { x: 0, y: HEIGHT + 15 }, day(rows[0].date)), svg("text", { x: WIDTH, y: HEIGHT + 15, "text-anchor": "end" }, day(rows.at(-1).date)));
}

function totals({ totals: sums, unit_cost: cost }) {
  const row = (label, base, difference, format) => h("tr", {}, h("th", { scope: "row" }, label), h("td", { class: "number" }, format(base)), h("td", { class: "number strong" }, format(base + difference)), h("td", { class: `number ${difference < 0 ? "warn" : ""}` }, isNumber(base) && base !== 0 ? `${signed(100 * difference / Math.abs(base), 0)}%` : ""));
  return h("table", { class: "data compact what-if-sums" }, h("caption", { class: "visually-hidden" }, t("what_if.title")), h("thead", {}, h("tr", {}, h("td"), ["planned", "changed", "difference"].map((one) => h("th", { class: "number", scope: "col" }, t(`what_if.${one}`))))),
    h("tbody", {}, row(t("exceptions.units"), sums.forecast, sums.difference, units), row(t("what_if.revenue"), sums.expected_revenue - sums.revenue_difference, sums.revenue_difference, (value) => money(value, 0)),
      isNumber(cost) && isNumber(sums.expected_margin) ? row(t("what_if.margin"), sums.expected_margin - sums.margin_difference, sums.margin_difference, (value) => money(value, 0)) : null));
}

function shown(answer) {
  return [
    answer.promotion_note ? h("p", { class: "notice" }, words(answer.promotion_note)) : null,
    answer.is_beyond_seen_prices ? h("p", { class: "notice warn" }, t("what_if.beyond")) : null,
    h("div", { class: "what-if-result" }, h("div", {}, curves(answer.what_if), h("ul", { class: "legend" }, h("li", {}, h("span", { class: "mark planned-line" }), t("what_if.planned")), h("li", {}, h("span", { class: "mark changed-line" }), t("what_if.changed")))), totals(answer)),
  ];
}

/** A panel that opens on demand: a price, a promotion, and what they would change. */
export function whatIfPanel({ store, product, horizon }, signal) {
  const place = h("div");
  const ask = { change: 0, promotion: "planned" };
  let usual = null;
  const body = () => ({ store_id: store.id, product_id: product.id, horizon, ...(ask.change ? { price_change: ask.change } : {}), ...(PROMOTIONS[ask.promotion] === null ? {} : { promotion: PROMOTIONS[ask.promotion] }) });
  const result = h("div", { "aria-live": "polite" });
  const draw = async () => {
    try {
      replace(result, shown(await call("what_if", body(), { signal })));
    } catch (error) {
      if (!signal.aborted) replace(result, error.status === 422 ? h("p", { class: "hint" }, problemWords(error)) : failed(error, draw));
    }
  };
  const slider = (low, high) => {
    const [step, digits] = high > 50 ? [1, 2] : high > 5 ? [0.1, 2] : high > 0.5 ? [0.01, 2] : [0.001, 3];
    const id = uniqueId("price");
    const output = h("output", { for: id, class: "strong" }, priceText(usual));
    const change = debounce(draw, 150);
    // a browser moves a slider by steps from its least value: the usual price must be one of them
    const least = usual - step * Math.max(Math.floor((usual - low) / step + 1e-6), 0);
    const most = usual + step * Math.max(Math.floor((high - usual) / step + 1e-6), 1);
    const say = () => { output.textContent = priceText(usual * (1 + ask.change)); share.textContent = ask.change ? ` ${t("what_if.of_usual", { share: percent(1 + ask.change, 0) })}` : ""; };
    const take = () => { ask.change = Math.abs(Number(input.value) - usual) < step / 2 ? 0 : Number(input.value) / usual - 1; say(); change(); };
    const share = h("span", { class: "hint" });
    const input = h("input", { id, type: "range", min: least.toFixed(digits), max: most.toFixed(digits), step, value: usual.toFixed(digits), oninput: take });
    return h("label", { class: "field what-if-price", for: id }, h("span", {}, t("what_if.price", { currency: currencySign() }), " ", output, share), input);
  };
  const promotion = () => h("label", { class: "field" }, h("span", {}, t("what_if.promotion")), h("select", { dataset: { ask: "promotion" }, onchange: (event) => { ask.promotion = event.target.value; draw(); } }, Object.keys(PROMOTIONS).map((one) => h("option", { value: one }, t(`what_if.promotion.${one}`)))));
  const open = async () => {
    try {
      const answer = await call("what_if", body(), { signal });
      usual = answer.usual_price;
      const seen = answer.seen_prices ?? { low: usual * 0.7, high: usual * 1.1 };
      const priced = answer.promoted_periods ? ` ${t("what_if.promotions_move", { count: answer.promoted_periods, total: answer.what_if.length })}` : "";
      replace(place, h("p", { class: "hint" }, t("what_if.hint"), priced, answer.seen_prices ? ` ${t("what_if.seen", { low: priceText(seen.low), high: priceText(seen.high) })}` : ""),
        h("div", { class: "pickers" }, isNumber(usual) ? slider(seen.low * 0.9, seen.high * 1.1) : null, promotion()), result);
      replace(result, shown(answer));
    } catch (error) {
      if (!signal.aborted) replace(place, error.status === 422 ? h("p", { class: "hint" }, problemWords(error)) : failed(error, open));
    }
  };
  return addressed(h("details", { class: "panel what-if", ontoggle: (event) => { if (event.target.open && !place.childElementCount) open(); } }, h("summary", {}, t("what_if.title")), place), "what_if", signal);
}
