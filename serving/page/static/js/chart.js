// Chart of history and forecast: uPlot with prediction intervals, promotions, stockouts and event days.

import { ApiError } from "./api.js";
import { h } from "./dom.js";
import { day, dayTime, number, t } from "./i18n.js";

const DAY = 86_400;

/** Quantile of a column such as `forecast_p05` or `forecast_p97_5`; null for any other column. */
export function quantileOf(column) {
  const match = /^forecast_p(\d+)(?:_(\d+))?$/.exec(column);
  return match ? Number(`${match[1]}.${match[2] ?? 0}`) / 100 : null;
}

/** Symmetric pairs of columns, widest first, at most two: {low, high, share}; share is the nominal coverage. */
export function bandsOf(row) {
  const quantiles = Object.keys(row ?? {})
    .map((column) => ({ column, quantile: quantileOf(column) }))
    .filter((one) => one.quantile !== null)
    .sort((a, b) => a.quantile - b.quantile);
  const pairs = quantiles
    .filter((one) => one.quantile < 0.5)
    .map((low) => ({ low, high: quantiles.find((one) => Math.abs(one.quantile - (1 - low.quantile)) < 1e-6) }))
    .filter((pair) => pair.high)
    .map(({ low, high }) => ({ low: low.column, high: high.column, share: Math.round((high.quantile - low.quantile) * 1e4) / 1e4 }));
  if (pairs.length <= 2) return pairs;
  const inner = pairs.reduce((best, pair) => (Math.abs(pair.share - 0.5) < Math.abs(best.share - 0.5) ? pair : best));
  return inner === pairs[0] ? [pairs[0]] : [pairs[0], inner];
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    history: read("--chart-history"), forecast: read("--chart-forecast"), outer: read("--chart-band-outer"), inner: read("--chart-band-inner"),
    promotion: read("--chart-promotion"), stockout: read("--chart-stockout"), festival: read("--chart-festival"), grid: read("--rule"), text: read("--ink-2"),
    future: read("--chart-future"), today: read("--ink-3"), font: `12px ${read("--font")}`,
  };
}

/** Consecutive days of one name as spans {from, until, name}, days in seconds, `until` exclusive. */
function spansOf(events) {
  const spans = [];
  for (const event of [...events].sort((a, b) => a.time - b.time)) {
    const open = spans.findLast((span) => span.name === event.name);
    if (open && event.time <= open.until) open.until = Math.max(open.until, event.time + DAY);
    else spans.push({ from: event.time, until: event.time + DAY, name: event.name });
  }
  return spans;
}

function drawUnder(u, promotions, asOf, colour) {
  const { ctx, bbox } = u;
  const x = (time) => u.valToPos(time, "x", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  if (asOf) {
    ctx.fillStyle = colour.future;
    ctx.fillRect(x(asOf + DAY / 2), bbox.top, bbox.left + bbox.width, bbox.height);
  }
  const thick = 5 * devicePixelRatio;
  ctx.fillStyle = colour.promotion;
  for (const span of promotions) {
    const left = x(span.from - DAY / 2);
    const width = Math.max(x(span.until - DAY / 2) - left, 1);
    ctx.globalAlpha = 0.1;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(left, bbox.top + bbox.height - thick, width, thick);
  }
  ctx.restore();
}

function drawStockouts(u, points, colour) {
  const { ctx, bbox } = u;
  const size = 4.5 * devicePixelRatio;
  const bottom = bbox.top + bbox.height - 9 * devicePixelRatio;
  ctx.fillStyle = colour.stockout;
  for (const point of points) {
    if (!point.stockout) continue;
    const middle = u.valToPos(point.time, "x", true);
    ctx.beginPath();
    ctx.moveTo(middle - size, bottom - size * 1.7);
    ctx.lineTo(middle + size, bottom - size * 1.7);
    ctx.lineTo(middle, bottom);
    ctx.fill();
  }
}

function drawFestivals(u, spans, colour) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const taken = [];
  ctx.font = colour.font.replace("12px", `${11 * ratio}px`);
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  for (const span of [...spans].sort((a, b) => b.until - b.from - (a.until - a.from) || a.from - b.from)) {
    const left = Math.max(u.valToPos(span.from - DAY / 2, "x", true), bbox.left);
    const right = Math.min(u.valToPos(span.until - DAY / 2, "x", true), bbox.left + bbox.width);
    if (right <= left) continue;
    ctx.fillStyle = colour.festival;
    ctx.fillRect(left, bbox.top, Math.max(right - left, 2 * ratio), 3 * ratio);
    const width = ctx.measureText(span.name).width;
    const start = Math.min(left, bbox.left + bbox.width - width);
    if (taken.some(([from, until]) => start < until && start + width > from)) continue;
    ctx.fillText(span.name, start, bbox.top + 5 * ratio);
    taken.push([start - 6 * ratio, start + width + 6 * ratio]);
  }
}

function axes(colour) {
  const common = { stroke: colour.text, font: colour.font, grid: { stroke: colour.grid, width: 1 }, ticks: { show: false } };
  const label = (seconds, increment, index) => {
    const time = seconds * 1000;
    const style = index === 0 && increment >= 20 * DAY ? "long" : "short";
    return day(time, style);
  };
  return [
    { ...common, grid: { show: false }, size: 28, space: 74, incrs: [1, 2, 7, 14, 28, 56, 91, 182, 364].map((days) => days * DAY), values: (u, splits, axis, space, increment) => splits.map((split, index) => label(split, increment, index)) },
    { ...common, size: 46, space: 34, values: (u, splits) => splits.map((split) => number(split, 1)) },
  ];
}

function series(colour, bands) {
  const hidden = { stroke: "transparent", width: 0, points: { show: false } };
  return [
    {},
    { stroke: colour.history, width: 1.4, points: { show: false } },
    { stroke: colour.forecast, width: 2.2, points: { show: false } },
    ...bands.flatMap(() => [hidden, hidden]),
  ];
}

let uPlot = null;

/** Fetches the library that draws the chart, which is a fifth of the page: views without a chart open without it. */
export async function loadChart() {
  try {
    uPlot ??= (await import("../vendor/uplot-1.6.32/uPlot.esm.js")).default;
  } catch {
    throw new ApiError(0, "unreachable", "", {});
  }
}

/**
 * Draws with what `loadChart` fetched.
 * @param {object} options
 *   points: one per day in order {date, units?, forecast?, low[], high[], promotion, stockout}
 *   bands: number of low/high pairs of each point, widest first
 *   events: {date, name}; asOf: last day of history; onday(point | null): the day under the pointer or the arrow keys
 */
export function demandChart({ points, bands, events, asOf, summary, onday }) {
  const timed = points.map((point) => ({ ...point, time: dayTime(point.date) / 1000 }));
  const spans = spansOf(events.map((event) => ({ name: event.name, time: dayTime(event.date) / 1000 })).filter((event) => !Number.isNaN(event.time)));
  const promotions = spansOf(timed.filter((point) => point.promotion).map((point) => ({ name: "", time: point.time })));
  const pick = (field) => timed.map((point) => point[field] ?? null);
  const pairs = Array.from({ length: bands }, (_, index) => [timed.map((point) => point.high?.[index] ?? null), timed.map((point) => point.low?.[index] ?? null)]);
  const data = [timed.map((point) => point.time), pick("units"), pick("forecast"), ...pairs.flat()];
  const place = h("div", { class: "chart", tabindex: "0", role: "img", "aria-label": `${summary} ${t("forecast.chart_keys")}` });
  const marks = { asOf: asOf ? dayTime(asOf) / 1000 : null };
  let plot = null;

  const build = () => {
    const colour = colours();
    plot?.destroy();
    plot = new uPlot({
      width: Math.max(place.clientWidth, 260), height: Math.max(Math.min(place.clientWidth * 0.42, 360), 230),
      padding: [12, 8, 0, 0], legend: { show: false }, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: true }, y: { range: (u, low, high) => [0, Math.max(high * 1.16, 1)] } },
      axes: axes(colour), series: series(colour, pairs),
      bands: pairs.map((_, index) => ({ series: [3 + index * 2, 4 + index * 2], fill: index === 0 ? colour.outer : colour.inner })),
      hooks: {
        drawAxes: [(u) => drawUnder(u, promotions, marks.asOf, colour)],
        draw: [(u) => { drawStockouts(u, timed, colour); drawFestivals(u, spans, colour); }],
        setCursor: [(u) => onday(u.cursor.idx === null || u.cursor.idx === undefined ? null : timed[u.cursor.idx])],
      },
    }, data, place);
  };
  const step = (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7, Home: -Infinity, End: Infinity }[event.key];
    if (!move || !plot) return;
    event.preventDefault();
    const from = plot.cursor.idx ?? timed.findIndex((point) => point.forecast !== undefined && point.forecast !== null);
    const index = Math.min(Math.max(from + move, 0), timed.length - 1);
    plot.setCursor({ left: plot.valToPos(timed[index].time, "x"), top: 20 });
  };
  place.addEventListener("keydown", step);
  const resized = new ResizeObserver(() => { if (place.isConnected && place.clientWidth && plot?.width !== place.clientWidth) build(); });
  resized.observe(place);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const recolour = () => { if (plot) build(); };
  dark.addEventListener("change", recolour);
  return {
    element: place,
    destroy: () => { resized.disconnect(); dark.removeEventListener("change", recolour); plot?.destroy(); plot = null; },
  };
}
