// Days and periods of a series: history comes without the days on which nothing happened.

import { addDays, daysBetween, isNumber, t } from "./i18n.js";

const STEPS = { day: 1, week: 7 };
const HORIZONS = { day: [7, 14, 28, 56], week: [4, 8, 13, 26], month: [3, 6, 12] };
const LONGEST = 4000;

const monthOf = (date) => `${date.slice(0, 8)}01`;

/**
 * Days added up to whole weeks that end with the last day, or to months; rows that are periods already stay.
 * A first period of which days are missing is left out.
 */
function inPeriods(rows, period, { first_day: first, last_day: last }) {
  const isPeriod = period === "month" ? (row) => row.date === monthOf(row.date) : (row) => daysBetween(rows[0].date, row.date) % STEPS.week === 0;
  if (period === "day" || !last || rows.every(isPeriod)) return rows;
  const startOf = period === "month" ? monthOf : (date) => addDays(last, -STEPS.week * Math.floor(daysBetween(date, last) / STEPS.week) - (STEPS.week - 1));
  const periods = new Map();
  for (const row of rows) {
    const start = startOf(row.date);
    if (first && start < first) continue;
    const before = periods.get(start) ?? { date: start, units: 0, unit_price: null, promotion: false, in_stock: null };
    periods.set(start, {
      date: start,
      units: before.units + (row.units ?? 0),
      unit_price: row.unit_price ?? before.unit_price,
      promotion: before.promotion || row.promotion,
      in_stock: isNumber(row.in_stock) ? Math.min(row.in_stock, before.in_stock ?? 1) : before.in_stock,
    });
  }
  return [...periods.values()];
}

/** Every period from the first to the last, those that the answer leaves out with nothing sold. */
export function completeHistory(answer, period) {
  const rows = inPeriods(answer.rows ?? [], period, answer);
  const step = STEPS[period];
  if (!step || !rows.length || !answer.last_day) return rows;
  const byDate = new Map(rows.map((row) => [row.date, row]));
  const complete = [];
  const first = period === "day" && answer.first_day ? answer.first_day : rows[0].date;
  for (let date = first; date <= answer.last_day && complete.length < LONGEST; date = addDays(date, step)) {
    complete.push(byDate.get(date) ?? { date, units: 0, unit_price: null, promotion: false, in_stock: null });
  }
  return complete;
}

/** Horizons to choose from, none longer than what is published. */
export function horizonsFor(overview) {
  const longest = overview?.horizon > 0 ? overview.horizon : Infinity;
  const usual = (HORIZONS[overview?.period] ?? HORIZONS.day).filter((periods) => periods <= longest);
  return Number.isFinite(longest) && !usual.includes(longest) && (!usual.length || longest < 2 * usual.at(-1)) ? [...usual, longest] : usual;
}

/** "28 days", "4 weeks". */
export const span = (count, period = "day") => t(`span.${period}`, { count });
