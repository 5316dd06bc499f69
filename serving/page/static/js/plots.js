// Small plots for lists: estimates with their intervals, bars by day, and a line with its band.

import { h, svg } from "./dom.js";
import { day, dayTime } from "./i18n.js";

const WIDE = 100;

/** Places of numbers on a scale of 0 to 100 that holds zero and all of them. */
function scaleOf(numbers) {
  const low = Math.min(0, ...numbers), high = Math.max(0, ...numbers);
  const room = (high - low || 1) * 0.06;
  return (value) => ((value - low + room) / (high - low + 2 * room)) * WIDE;
}

/**
 * Rows of {label, value, low, high, text, hint?}: a dot with its interval beside the others, and zero as a line.
 * A row without `value` says in `text` why. `among`: rows of other lists that share the scale.
 */
export function intervalRows(rows, summary, among = []) {
  const x = scaleOf([...rows, ...among].flatMap((row) => [row.low, row.high, row.value]).filter((value) => typeof value === "number"));
  const plot = (row) => (typeof row.value === "number" ? svg("svg", { viewBox: `0 0 ${WIDE} 12`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: 12 }),
    svg("line", { class: `reach${row.low > 0 || row.high < 0 ? " clear" : ""}`, x1: x(row.low), x2: x(row.high), y1: 6, y2: 6 }),
    svg("line", { class: "dot", x1: x(row.value), x2: x(row.value), y1: 6, y2: 6 })) : null);
  return h("ul", { class: "intervals", "aria-label": summary }, rows.map((row) => h("li", {}, h("span", { class: "interval-label" }, row.label, row.hint ? h("span", { class: "hint" }, row.hint) : null), h("span", { class: "interval-plot" }, plot(row)), h("span", { class: "interval-text" }, row.text))));
}

/** Bars of {label, value, text}, the largest as long as the place. */
export function bars(rows) {
  const most = Math.max(...rows.map((row) => row.value), 1e-9);
  return h("ul", { class: "exclusions bars" }, rows.map((row) => h("li", {}, h("span", {}, row.label), h("span", { class: "amount" }, row.text), h("span", { class: "bar" }, h("i", { style: { width: `${(Math.max(row.value, 0) / most) * 100}%` } })))));
}

/** A line through {date, value, low, high} with its band; `format` writes the numbers of the axis. */
export function lineWithBand(points, { format, summary, zero = true }) {
  const [width, height, left, bottom, top] = [520, 170, 56, 24, 8];
  const times = points.map((point) => dayTime(point.date));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const numbers = points.flatMap((point) => [point.value, point.low, point.high]).filter((value) => typeof value === "number");
  const low = Math.min(...numbers, ...(zero ? [0] : [])), high = Math.max(...numbers, ...(zero ? [0] : []));
  const x = (time) => left + (last > first ? (time - first) / (last - first) : 0.5) * (width - left - 12);
  const y = (value) => top + (1 - (value - low) / (high - low || 1)) * (height - bottom - top);
  const path = (field, list) => list.map((point, index) => `${index ? "L" : "M"}${x(dayTime(point.date)).toFixed(1)} ${y(point[field]).toFixed(1)}`).join("");
  const known = points.filter((point) => typeof point.low === "number");
  const band = known.length > 1 ? svg("path", { class: "area", d: `${path("high", known)}${path("low", [...known].reverse()).replace("M", "L")}Z` }) : known.map((point) => svg("line", { class: "reach", x1: x(dayTime(point.date)), x2: x(dayTime(point.date)), y1: y(point.low), y2: y(point.high) }));
  const label = (at, up, anchor, text) => svg("text", { x: at, y: up, "text-anchor": anchor }, text);
  return h("figure", { class: "gain line-plot" }, svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": summary },
    band, zero ? svg("line", { class: "axis", x1: left, x2: width - 12, y1: y(0), y2: y(0) }) : null,
    svg("path", { class: "curve", d: path("value", points.filter((point) => typeof point.value === "number")) }),
    points.filter((point) => typeof point.value === "number").map((point) => svg("circle", { class: "point", cx: x(dayTime(point.date)), cy: y(point.value), r: 3 })),
    label(left - 6, y(high) + 8, "end", format(high)), label(left - 6, y(low), "end", format(low)), zero && low < 0 && high > 0 ? label(left - 6, y(0) + 4, "end", "0") : null,
    label(left, height - 6, "start", day(points[0].date, "short")), last > first ? label(width - 12, height - 6, "end", day(points.at(-1).date, "short")) : null));
}

/** What was expected, from low to high, and what came: one line of a list. */
export function rangeMark({ low, high, expected, value }) {
  const most = Math.max(high, value, expected, 1e-9) * 1.05;
  const x = (one) => (Math.max(one, 0) / most) * WIDE;
  return svg("svg", { class: "range-mark", viewBox: `0 0 ${WIDE} 14`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "range", x: x(low), width: Math.max(x(high) - x(low), 1), y: 3, height: 8 }),
    svg("line", { class: "expected", x1: x(expected), x2: x(expected), y1: 1, y2: 13 }),
    svg("line", { class: "came", x1: x(value), x2: x(value), y1: 7, y2: 7 }));
}

/** Lines of several series {name, colour (c0 to c7), points: {x, value}} over the same places, with their names below. */
export function lines(series, { places, format, summary, from = null }) {
  const [width, height, left, bottom, top] = [520, 190, 56, 24, 8];
  const numbers = series.flatMap((one) => one.points.map((point) => point.value)).filter((value) => typeof value === "number");
  if (!numbers.length) return null;
  const high = Math.max(...numbers), low = from ?? Math.min(...numbers);
  const x = (place) => left + (places.length > 1 ? places.indexOf(place) / (places.length - 1) : 0.5) * (width - left - 14);
  const y = (value) => top + (1 - (value - low) / (high - low || 1)) * (height - bottom - top);
  const label = (at, up, anchor, text) => svg("text", { x: at, y: up, "text-anchor": anchor }, text);
  const draw = (one) => {
    const known = one.points.filter((point) => typeof point.value === "number");
    return svg("g", { class: `series ${one.colour}` }, svg("path", { d: known.map((point, index) => `${index ? "L" : "M"}${x(point.x).toFixed(1)} ${y(point.value).toFixed(1)}`).join("") }), known.map((point) => svg("circle", { cx: x(point.x), cy: y(point.value), r: 3 })));
  };
  return h("figure", { class: "gain line-plot" },
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": summary }, svg("line", { class: "axis", x1: left, x2: width - 14, y1: y(low), y2: y(low) }), series.map(draw),
      label(left - 6, y(high) + 8, "end", format(high)), label(left - 6, y(low), "end", format(low)), label(left, height - 6, "start", day(places[0], "short")), places.length > 1 ? label(width - 14, height - 6, "end", day(places.at(-1), "short")) : null),
    h("ul", { class: "legend" }, series.map((one) => h("li", {}, h("span", { class: `swatch ${one.colour}` }), one.name))));
}
