// Days and periods of a series: history comes without the days on which nothing happened.

import { addDays, t } from "./i18n.js";

const STEPS = { day: 1, week: 7 };
const HORIZONS = { day: [7, 14, 28, 56], week: [4, 8, 13, 26], month: [3, 6, 12] };
const LONGEST = 4000;

/** Every period from the first to the last, those that the answer leaves out with nothing sold. */
export function completeHistory(answer, period) {
  const rows = answer.rows ?? [];
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
