// Drivers of a forecast: contributions per day, stacked, and the same in words.

import { h, svg, words } from "./dom.js";
import { span } from "./days.js";
import { code, day, number, percent, signed, t, units } from "./i18n.js";

const PALETTE = 8;
const SMALL = 0.05;
const LEVEL = /^(base|level|usual)/;
const WIDTH = 720;
const HEIGHT = 270;
const LEFT = 30;

/** Names of the drivers in the answer's order, the level first. */
function groupsOf(rows) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.drivers ?? {})))];
  return [...names.filter((one) => LEVEL.test(one)), ...names.filter((one) => !LEVEL.test(one))];
}

function extent(rows) {
  const values = rows.map((row) => Object.values(row.drivers ?? {}));
  const sum = (list, keep) => list.filter(keep).reduce((total, value) => total + value, 0);
  return {
    top: Math.max(...values.map((list) => sum(list, (value) => value > 0)), ...rows.map((row) => row.forecast ?? 0), 1e-9),
    bottom: Math.min(...values.map((list) => sum(list, (value) => value < 0)), 0),
  };
}

/** Zero and one or two round numbers up to the top. */
function ticks(top) {
  const step = 10 ** Math.floor(Math.log10(top));
  const size = [5, 2, 1, 0.5].map((factor) => factor * step).find((one) => top / one >= 2);
  return Array.from({ length: Math.floor(top / size) + 1 }, (_, index) => index * size);
}

function bars(rows, groups) {
  const { top, bottom } = extent(rows);
  const y = (value) => 6 + ((top - value) / (top - bottom)) * (HEIGHT - 28);
  const step = (WIDTH - LEFT) / rows.length;
  const at = (index) => LEFT + index * step;
  const drawn = rows.map((row, index) => {
    let [up, down] = [0, 0];
    const parts = groups.map((group, order) => {
      const value = row.drivers?.[group] ?? 0;
      const from = value >= 0 ? up : down;
      if (value >= 0) up += value;
      else down += value;
      const edge = [y(from), y(from + value)];
      return svg("rect", { class: `driver c${order % PALETTE}`, x: at(index) + step * 0.12, width: step * 0.76, y: Math.min(...edge), height: Math.abs(edge[1] - edge[0]) });
    });
    const lines = groups.map((group) => `${code("driver", group)} ${signed(row.drivers?.[group] ?? 0)}`);
    return svg("g", {}, svg("title", {}, [`${day(row.date)} · ${units(row.forecast)}`, ...lines].join("\n")), svg("rect", { class: "hit", x: at(index), y: 0, width: step, height: HEIGHT }), parts);
  });
  const mean = rows.map((row, index) => `${(at(index) + step / 2).toFixed(1)},${y(row.forecast ?? 0).toFixed(1)}`).join(" ");
  const scale = ticks(top).map((value) => [svg("line", { class: "zero", x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value) }), svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, number(value, 1))]);
  const every = Math.ceil(rows.length / 7);
  const labels = rows.map((row, index) => (index % every ? null : svg("text", { x: at(index) + step / 2, y: HEIGHT - 4, "text-anchor": "middle" }, day(row.date, "short"))));
  return svg("svg", { class: "driver-chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": t("drivers.title") }, scale, drawn, svg("polyline", { class: "mean", points: mean }), labels);
}

/** Each driver's mean over the days, its strength (mean of the sizes), and how far it swings. */
function effects(rows, groups) {
  return groups.map((group, at) => {
    const values = rows.map((row) => row.drivers?.[group] ?? 0);
    const mean = values.reduce((total, value) => total + value, 0) / rows.length;
    const strength = values.reduce((total, value) => total + Math.abs(value), 0) / rows.length;
    return { group, at, mean, strength, low: Math.min(...values), high: Math.max(...values), isLevel: LEVEL.test(group), swings: Math.abs(mean) < strength / 2 && strength >= SMALL };
  });
}

function noteOf(rows, effect, total) {
  if (effect.isLevel) return total > 0 ? t("drivers.share", { share: percent(effect.mean / total) }) : "";
  if (effect.strength < SMALL) return t("drivers.little");
  if (effect.swings) return t("drivers.swing", { low: signed(effect.low), high: signed(effect.high) });
  const value = (row) => row.drivers?.[effect.group] ?? 0;
  const most = rows.reduce((best, row) => (Math.abs(value(row)) > Math.abs(value(best)) ? row : best));
  return t("drivers.most", { day: day(most.date), value: signed(value(most)) });
}

function inWords(rows, all) {
  const total = all.reduce((sum, one) => sum + one.mean, 0);
  const widest = Math.max(...all.filter((one) => !one.isLevel).map((one) => one.strength), 1e-9);
  const items = [...all].sort((a, b) => b.isLevel - a.isLevel || b.strength - a.strength).map((one) => h(
    "li",
    {},
    h("span", { class: `swatch c${one.at % PALETTE}` }),
    h("span", { class: "driver-name" }, code("driver", one.group)),
    h("span", { class: "driver-value" }, one.isLevel ? units(one.mean) : one.swings ? `±${number(one.strength, 1)}` : signed(one.mean)),
    h("span", { class: one.isLevel ? "" : "driver-bar" }, one.isLevel ? null : h("i", { class: one.swings ? "both" : one.mean < 0 ? "minus" : "plus", style: { width: `${(one.strength / widest) * 100}%` } })),
    h("span", { class: "driver-note" }, noteOf(rows, one, total)),
  ));
  return h("ul", { class: "driver-list" }, items);
}

function leadOf(all, period) {
  const strongest = all.filter((one) => !one.isLevel && one.group !== "other").sort((a, b) => b.strength - a.strength)[0];
  if (!strongest || strongest.strength < SMALL) return t("drivers.lead_flat");
  const driver = code("driver", strongest.group);
  if (strongest.swings) return t("drivers.lead_swing", { driver, low: signed(strongest.low), high: signed(strongest.high) });
  return t(strongest.mean > 0 ? "drivers.lead_up" : "drivers.lead_down", { driver, value: number(Math.abs(strongest.mean), 1), each: t(`each.${period}`) });
}

/** The section below the chart; without drivers it holds the service's reason why there are none, or is left out. */
export function driversSection(rows, note, period = "day") {
  const explained = rows.filter((row) => row.drivers && Object.keys(row.drivers).length > 1);
  if (!explained.length) return note ? h("section", { class: "panel" }, h("h2", {}, t("drivers.title")), h("p", { class: "hint" }, words(note))) : null;
  const groups = groupsOf(explained);
  const all = effects(explained, groups);
  const part = explained.length < rows.length ? h("span", { class: "hint" }, " ", t("drivers.covers", { span: span(explained.length, period) })) : null;
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, t("drivers.title"), part),
    h("p", { class: "lead" }, leadOf(all, period)),
    h("div", { class: "drivers" }, bars(explained, groups), inWords(explained, all)),
  );
}
