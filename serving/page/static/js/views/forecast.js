// Forecast of a series: sales history, mean and prediction intervals, drivers, what-if and overrides.

import { call, lookUp, search } from "../api.js";
import { bandsOf, demandChart, loadChart } from "../chart.js";
import { download, toCsv } from "../csv.js";
import { h, icon, name, replace, scrollBox } from "../dom.js";
import { completeHistory, horizonsFor, span } from "../days.js";
import { driversSection } from "../drivers.js";
import { addDays, day, number, percent, priceText, t, units } from "../i18n.js";
import { festivalName } from "../known_names.js";
import { addressed } from "../openable.js";
import { overriddenNotice, overridesPanel } from "../overrides.js";
import { may } from "../rights.js";
import { address, lastUsed, fillParams, pushParams, remember } from "../route.js";
import { empty, fill, opening } from "../states.js";
import { substitutesAndComplements } from "../together.js";
import { typeahead } from "../typeahead.js";
import { whatIfPanel } from "../whatif.js";
import { profileBody } from "./profile.js";

const HISTORIES = [56, 112, 182, 364];

function choice(label, values, chosen, text, onchange) {
  const options = values.map((value) => h("option", { value: String(value), selected: value === chosen }, text(value)));
  return h("label", { class: "field" }, h("span", {}, label), h("select", { onchange: (event) => onchange(Number(event.target.value)) }, options));
}

async function firstOf(kind, id, options) {
  if (id) return lookUp(kind, id, options);
  return (await search(kind, "", { ...options, limit: 1 }))[0] ?? null;
}

const nearest = (values, wanted) => values.reduce((best, value) => (Math.abs(value - wanted) < Math.abs(best - wanted) ? value : best), values[0] ?? wanted);
const sum = (rows, field) => rows.reduce((total, row) => total + (row[field] ?? 0), 0);

/** Days of history and forecast as the chart wants them. */
function pointsOf(history, forecasts, bands) {
  const past = history.map((row) => ({
    date: row.date, units: row.units, price: row.unit_price, promotion: row.promotion,
    stockout: typeof row.in_stock === "number" ? row.in_stock < 0.5 : row.in_stock === false, inStock: row.in_stock,
  }));
  const next = forecasts.map((row) => ({
    date: row.date, forecast: row.forecast, promotion: row.promotion, price: row.unit_price, row,
    low: bands.map((band) => row[band.low]), high: bands.map((band) => row[band.high]),
  }));
  return [...past, ...next];
}

function headline(history, forecasts, period) {
  const expected = sum(forecasts, "forecast");
  const days = forecasts.length;
  const before = history.slice(-days).filter((row) => typeof row.units === "number");
  const best = forecasts.reduce((most, row) => (row.forecast > most.forecast ? row : most), forecasts[0]);
  const lines = [t("forecast.headline", { span: span(days, period), units: units(expected) })];
  const sold = sum(before, "units");
  if (before.length === days && sold > 0) {
    const change = expected / sold - 1;
    const key = Math.abs(change) < 0.03 ? "forecast.same" : change > 0 ? "forecast.more" : "forecast.less";
    lines.push(t(key, { span: span(days, period), units: units(sold), change: percent(Math.abs(change), 0) }));
  }
  if (period === "day" && best && best.forecast > 1.15 * (expected / days)) lines.push(t("forecast.peak", { day: day(best.date), units: units(best.forecast) }));
  return lines.join(t("sentence.space"));
}

function figure(label, value, hint) {
  return h("div", { class: "figure" }, h("dt", {}, label), h("dd", {}, value), hint ? h("dd", { class: "hint" }, hint) : null);
}

function figures(history, forecasts, period) {
  const price = history.findLast((row) => typeof row.unit_price === "number")?.unit_price;
  const outs = history.filter((row) => typeof row.in_stock === "number" && row.in_stock < 0.5).length;
  const isRecorded = history.some((row) => typeof row.in_stock === "number");
  const week = forecasts.slice(0, 7);
  const before = history.slice(-forecasts.length);
  return h(
    "dl",
    { class: "figures" },
    period === "day" && forecasts.length > 7 ? figure(t("forecast.next_horizon", { span: span(7, period) }), units(sum(week, "forecast"))) : null,
    figure(t("forecast.next_horizon", { span: span(forecasts.length, period) }), units(sum(forecasts, "forecast"))),
    figure(t("forecast.sold_before", { span: span(before.length, period) }), units(sum(before, "units"))),
    figure(t("forecast.price"), priceText(price)),
    figure(t("forecast.stockout_days"), isRecorded ? number(outs) : t("forecast.unknown"), isRecorded ? t("forecast.of_days", { span: span(history.length, period) }) : null),
  );
}

function legend(bands, points, events) {
  const item = (kind, text) => h("li", {}, h("span", { class: `mark ${kind}` }), text);
  return h(
    "ul",
    { class: "legend" },
    item("history", t("forecast.history")),
    item("mean", t("forecast.mean")),
    bands[0] ? item("outer", t("forecast.band", { share: percent(bands[0].share, 0) })) : null,
    bands[1] ? item("inner", t("forecast.band", { share: percent(bands[1].share, 0) })) : null,
    points.some((point) => point.promotion) ? item("promotion", t("forecast.promotion")) : null,
    points.some((point) => point.stockout) ? item("stockout", t("forecast.stockout")) : null,
    events.length ? item("festival", t("forecast.festival")) : null,
  );
}

/** The numbers of one day, as a line of text. */
function readout(point, bands, events) {
  if (!point) return h("span", { class: "hint" }, t("forecast.hover"));
  const festivals = events.filter((event) => event.date === point.date).map((event) => name(event.name));
  const parts = [h("strong", {}, day(point.date, "full"))];
  if (point.units !== undefined) parts.push(t("forecast.day_sold", { units: units(point.units) }));
  if (point.forecast !== undefined) parts.push(t("forecast.day_forecast", { units: units(point.forecast) }));
  bands.forEach((band, index) => {
    if (point.low?.[index] !== undefined) parts.push(t("forecast.day_band", { share: percent(band.share, 0), low: units(point.low[index]), high: units(point.high[index]) }));
  });
  if (typeof point.price === "number") parts.push(priceText(point.price));
  if (point.promotion) parts.push([t("forecast.promotion"), typeof point.promotion === "string" ? [" ", name(point.promotion)] : null]);
  if (point.stockout) parts.push(t("forecast.stockout"));
  return [...parts, ...festivals].map((part) => h("span", {}, part));
}

function asTable(forecasts, bands, fileName) {
  const columns = ["store_id", "product_id", "date", "forecast", ...Object.keys(forecasts[0] ?? {}).filter((column) => column.startsWith("forecast_p")).sort()];
  const head = [t("table.day"), t("forecast.mean"), ...bands.map((band) => t("forecast.band", { share: percent(band.share, 0) }))];
  const rows = forecasts.map((row) => h(
    "tr", {},
    h("th", { scope: "row" }, day(row.date, "full")),
    h("td", { class: "number" }, number(row.forecast, 1)),
    bands.map((band) => h("td", { class: "number" }, `${number(row[band.low], 1)} – ${number(row[band.high], 1)}`)),
  ));
  return h(
    "details",
    { class: "panel as-table" },
    h("summary", {}, t("forecast.as_table")),
    h("p", { class: "buttons" }, h("button", { type: "button", dataset: { action: "csv" }, onclick: () => download(fileName, toCsv(columns, forecasts)) }, icon("download"), t("action.csv"))),
    scrollBox(t("forecast.as_table"), h("table", { class: "data" }, h("caption", { class: "visually-hidden" }, t("forecast.as_table")), h("thead", {}, h("tr", {}, head.map((text, index) => h("th", { scope: "col", class: index ? "number" : "" }, text)))), h("tbody", {}, rows))),
  );
}

/** Profile of the product or the store, asked for when opened. */
const about = (which, title, body, signal) => opening(which, title, async () => profileBody((await call("profile", body, { signal })).profile ?? {}), signal);

// said where something is forecast beyond the day after which the plan counts nothing
function plannedEnd([end], forecasts) {
  const beyond = end ? forecasts.filter((row) => row.date > end.ends_on && row.forecast > 0) : [];
  return beyond.length ? h("p", { class: "notice" }, t("forecast.planned_end", { day: day(end.ends_on) })) : null;
}

function result({ history, forecasts, events, asOf, store, product, period, isCold, leftOut, driversNote, ends }, signal, redraw) {
  const bands = bandsOf(forecasts[0]);
  const points = pointsOf(history, forecasts, bands);
  const summary = headline(history, forecasts, period);
  const line = h("p", { class: "readout", "aria-live": "polite" });
  const show = (point) => replace(line, readout(point, bands, events));
  const chart = demandChart({ points, bands: bands.length, events, asOf, summary, onday: show });
  signal.addEventListener("abort", chart.destroy);
  show(null);
  return [
    h("section", { class: "panel" },
      h("div", { class: "panel-head" }, h("h2", {}, name(product.name || product.id), h("span", { class: "at" }, " · ", name(store.name || store.id))),
        may("people:read") ? h("a", { class: "button", href: address("audience", { product: product.id }) }, icon("audience"), t("forecast.to_audience")) : null),
      h("p", { class: "lead" }, summary), isCold ? h("p", { class: "notice" }, t("forecast.cold")) : null, leftOut ? h("p", { class: "notice" }, leftOut.note) : null, overriddenNotice(forecasts), plannedEnd(ends, forecasts), figures(history, forecasts, period), legend(bands, points, events), h("p", { class: "hint" }, t(`forecast.axis.${period}`)), chart.element, line),
    driversSection(forecasts, driversNote, period),
    isCold || leftOut ? null : whatIfPanel({ store, product, horizon: forecasts.length }, signal),
    overridesPanel({ store, product, from: forecasts[0].date }, signal, redraw),
    h("div", { class: "pair" }, about("product", t("forecast.about_product"), { product_id: product.id }, signal), about("store", t("forecast.about_store"), { store_id: store.id }, signal)),
    opening("together", t("together.title"), () => substitutesAndComplements({ product, store }, signal), signal),
    addressed(asTable(forecasts, bands, `forecast-${store.id}-${product.id}-${asOf ?? ""}.csv`), "table", signal),
  ];
}

export async function forecastView(root, { params, overview, signal }) {
  const period = overview?.period ?? "day";
  const horizons = horizonsFor(overview);
  const store = await firstOf("store", params.get("store") ?? lastUsed("store"), { signal });
  const product = await firstOf("product", params.get("product") ?? lastUsed("product"), { signal, storeId: store?.id });
  const chosen = { store, product, horizon: nearest(horizons, Number(params.get("horizon")) || 28), days: nearest(HISTORIES, Number(params.get("days")) || (innerWidth < 760 ? 56 : 112)) };
  const place = h("div", { class: "result" });
  let write = (changes) => fillParams(params, changes); // what the address left open; what is chosen later is a step of the history
  const draw = () => {
    if (!chosen.store || !chosen.product) return replace(place, empty(t("forecast.choose"), t("forecast.choose_hint")));
    write({ store: chosen.store.id, product: chosen.product.id, horizon: chosen.horizon, days: chosen.days });
    write = pushParams;
    remember("store", chosen.store.id);
    remember("product", chosen.product.id);
    const ids = { store_id: chosen.store.id, product_id: chosen.product.id };
    return fill(place, signal, async () => {
      const [past, next] = await Promise.all([
        call("history", { ...ids, days: chosen.days }, { signal }),
        call("forecast", { store_id: ids.store_id, product_ids: [ids.product_id], horizon: chosen.horizon, explain: true }, { signal }),
        loadChart(),
      ]);
      const forecasts = next.forecasts ?? [];
      if (!forecasts.length) return empty(t("forecast.none"), t("forecast.none_hint"));
      const history = completeHistory(past, period);
      const asOf = history.at(-1)?.date ?? overview?.as_of ?? addDays(forecasts[0].date, -1);
      const from = history[0]?.date ?? forecasts[0].date;
      const events = (past.events ?? []).filter((event) => event.date >= from && event.date <= forecasts.at(-1).date).map((event) => ({ ...event, name: festivalName(event.name) }));
      return result({ history, forecasts, events, asOf, store: chosen.store, product: chosen.product, period, isCold: (next.cold_product_ids ?? []).includes(chosen.product.id), leftOut: next.left_out?.[0], driversNote: next.drivers_note, ends: next.planned_ends ?? [] }, signal, draw);
    }, { lines: 8 });
  };
  const storeBox = typeahead({ label: t("pick.store"), kind: "store", chosen: store, onpick: (item) => { chosen.store = item; draw(); } });
  const productBox = typeahead({ label: t("pick.product"), kind: "product", chosen: product, storeId: () => chosen.store?.id, onpick: (item) => { chosen.product = item; draw(); } });
  replace(
    root,
    h("h1", {}, t("nav.forecast")),
    h("form", { class: "pickers", onsubmit: (event) => event.preventDefault() }, storeBox.element, productBox.element,
      choice(t("forecast.horizon"), horizons, chosen.horizon, (value) => span(value, period), (value) => { chosen.horizon = value; draw(); }),
      choice(t("forecast.history_days"), HISTORIES, chosen.days, (value) => span(value), (value) => { chosen.days = value; draw(); })),
    place,
  );
  await draw();
}
