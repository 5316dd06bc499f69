// Plots of one line in the numbers of its plan: how the stock goes on, and what more or less stock would cost and serve.

import { h, svg } from "./dom.js";
import { day, dayTime, isNumber, likelihood, money, number, t, units } from "./i18n.js";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [520, 200, 46, 14, 14, 26];
const DAY_MS = 86_400_000;
const label = (x, y, anchor, text, kind) => svg("text", { x, y, "text-anchor": anchor, class: kind }, text);

/** Points of the expected stock: steps up where goods arrive, and between known points evenly down. */
function stockPoints(plan) {
  const [start, order, end] = [dayTime(plan.as_of), dayTime(plan.arrives_on), dayTime(plan.next_arrives_on)];
  const due = plan.arrivals.map((one) => ({ at: Math.max(dayTime(one.arrives_on), start + DAY_MS), units: one.units })).filter((one) => one.at < end);
  const moved = (plan.moved_in ?? 0) - (plan.moved_out ?? 0);
  const stretch = (from, stock, until, target, coming) => {
    const sold = stock + coming.reduce((sum, one) => sum + one.units, 0) - target;
    const points = [[from, stock]];
    let arrived = 0;
    const after = (at) => Math.max(stock + arrived - (sold * (at - from)) / (until - from || 1), 0);
    for (const one of coming) {
      points.push([one.at, after(one.at)]);
      arrived += one.units;
      points.push([one.at, after(one.at)]);
    }
    return [...points, [until, target]];
  };
  const before = stretch(start, plan.on_hand + moved, order, plan.stock_before, due.filter((one) => one.at <= order));
  const after = stretch(order, plan.stock_before + plan.order_quantity, end, plan.least_mean, due.filter((one) => one.at > order));
  return { points: [...before, ...after], due, start, order, end };
}

/**
 * The plan with another quantity in the place of the suggested one, which `suggested` keeps. `moreLost`: units lost beyond those of
 * the suggestion; null where the plan does not reach so far: the lowest stock is unknown then (null).
 */
export function planAt(plan, quantity, moreLost) {
  if (!isNumber(quantity) || quantity === plan.order_quantity) return { ...plan, suggested: null };
  const more = quantity - plan.order_quantity;
  const mean = isNumber(moreLost) ? Math.max(plan.least_mean + more + moreLost, 0) : null;
  // where the least was nothing, how far below it was is not known
  const low = plan.least_low > 0 || more < 0 ? Math.max(plan.least_low + more, 0) : null;
  const high = plan.least_high > 0 || more < 0 ? Math.max(plan.least_high + more, 0) : null;
  return { ...plan, order_quantity: quantity, suggested: plan.order_quantity, least_mean: mean, least_low: low, least_high: high };
}

/** Stock from today to the delivery after next, with everything that arrives. */
export function stockProjection(plan) {
  const { points, due, start, order, end } = stockPoints(plan);
  const [low, high] = [plan.least_low ?? 0, plan.least_high ?? plan.least_mean];
  const most = Math.max(...points.map(([, stock]) => stock), high, 1);
  const x = (time) => LEFT + ((time - start) / (end - start || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (stock) => TOP + (1 - stock / most) * (HEIGHT - TOP - BOTTOM);
  const path = points.map(([time, stock], index) => `${index ? "L" : "M"}${x(time).toFixed(1)} ${y(stock).toFixed(1)}`).join("");
  const top = plan.stock_before + plan.order_quantity;
  const band = `M${x(order)} ${y(top)}L${x(end)} ${y(high)}L${x(end)} ${y(low)}Z`;
  const mark = (time, quantity, kind) => svg("g", { class: `arrival ${kind}` }, svg("line", { x1: x(time), x2: x(time), y1: TOP, y2: HEIGHT - BOTTOM }), label(x(time), TOP - 4, x(time) > WIDTH - 60 ? "end" : "middle", `+${units(quantity)}`));
  const said = [
    t("outlook.today", { stock: units(plan.on_hand) }),
    plan.moved_in || plan.moved_out ? t("outlook.moved", { moved: units(plan.moved_in), away: units(plan.moved_out) }) : null,
    ...due.map((one) => t("outlook.due", { count: units(one.units), day: day(one.at, "short") })),
    plan.undated_units > 0.05 ? t("outlook.undated", { count: units(plan.undated_units) }) : null,
    t("outlook.before", { stock: units(plan.stock_before), day: day(plan.arrives_on, "short") }),
    isNumber(plan.suggested) ? t("outlook.decided", { count: units(plan.order_quantity), suggested: units(plan.suggested) }) : plan.order_quantity ? t("outlook.order", { count: units(plan.order_quantity) }) : null,
    !isNumber(plan.least_low) || !isNumber(plan.least_high) ? t("outlook.least_mean", { stock: units(plan.least_mean), day: day(plan.next_arrives_on, "short") }) : t("outlook.least", { stock: units(plan.least_mean), low: units(plan.least_low), high: units(plan.least_high), day: day(plan.next_arrives_on, "short") }),
  ].filter(Boolean);
  return h("figure", { class: "line-plot outlook" }, h("figcaption", {}, h("h3", {}, t("outlook.title"))),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": said.join(t("sentence.space")) },
      svg("path", { class: "area", d: band }), svg("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(0), y2: y(0) }),
      due.map((one) => mark(one.at, one.units, "due")), plan.order_quantity ? mark(order, plan.order_quantity, "order") : null,
      svg("path", { class: "curve", d: path }),
      label(LEFT - 6, y(most) + 8, "end", units(most)), label(LEFT - 6, y(0), "end", "0"), label(LEFT, HEIGHT - 6, "start", day(start, "short")), label(x(order), HEIGHT - 6, "middle", x(order) - LEFT > 60 && WIDTH - x(order) > 80 ? day(order, "short") : ""), label(WIDTH - RIGHT, HEIGHT - 6, "end", day(end, "short"))),
    h("p", { class: "hint" }, said.join(t("sentence.space"))));
}

/** Chance of no stock-out against the money that stock costs, by order quantity; the plan's own is marked. */
export function costOfService(plan) {
  const rows = plan.choices;
  if (rows.length < 3) return null;
  const most = Math.max(...rows.map((row) => row.stock_cost), 0.01);
  const least = Math.min(...rows.map((row) => row.chance));
  const x = (chance) => LEFT + 10 + ((chance - least) / (1 - least || 1)) * (WIDTH - LEFT - RIGHT - 20);
  const y = (cost) => TOP + (1 - cost / most) * (HEIGHT - TOP - BOTTOM);
  const own = rows.find((row) => row.quantity === plan.order_quantity);
  const point = (row) => svg("circle", { class: row === own ? "own" : row === before ? "suggested" : null, cx: x(row.chance), cy: y(row.stock_cost), r: row === own ? 6 : 3.5 }, svg("title", {}, sentence(row)));
  const more = own ? rows.find((row) => row.quantity > own.quantity) : null;
  const before = isNumber(plan.suggested) ? rows.find((row) => row.quantity === plan.suggested) : null;
  const ownText = own ? t(isNumber(plan.suggested) ? "service.decided" : "service.own", { text: sentence(own) }) : t("service.decided_between", { quantity: units(plan.order_quantity) });
  const said = [ownText, before ? t("service.own", { text: sentence(before) }) : null, more ? t("service.more", { text: sentence(more) }) : null].filter(Boolean).join(t("sentence.space"));
  return h("figure", { class: "line-plot outlook" }, h("figcaption", {}, h("h3", {}, t("service.title"))),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": said },
      svg("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(0), y2: y(0) }),
      svg("path", { class: "curve", d: rows.map((row, index) => `${index ? "L" : "M"}${x(row.chance).toFixed(1)} ${y(row.stock_cost).toFixed(1)}`).join("") }), rows.map(point),
      own ? label(x(own.chance) + (x(own.chance) > WIDTH / 2 ? -10 : 10), y(own.stock_cost) - 8, x(own.chance) > WIDTH / 2 ? "end" : "start", units(own.quantity), "strong") : null,
      label(LEFT - 6, y(most) + 8, "end", money(most, most < 10 ? 1 : 0)), label(LEFT - 6, y(0), "end", number(0)), label(LEFT + 10, HEIGHT - 6, "start", likelihood(least)), label(WIDTH - RIGHT, HEIGHT - 6, "end", t("service.axis"))),
    h("p", { class: "hint" }, said));
}

const sentence = (row) => t("service.row", { quantity: units(row.quantity), chance: likelihood(row.chance), cost: money(row.stock_cost), lost: units(row.lost_units) });
