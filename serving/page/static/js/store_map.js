// Map of the stores whose coordinates are known: a circle by sales, coloured by how it does against last year. No tiles.

import { h, svg } from "./dom.js";
import { isNumber, money, signedPercent, t } from "./i18n.js";
import { addressed } from "./openable.js";
import { address } from "./route.js";

const [LEAST_HIGH, MOST_HIGH, EDGE] = [220, 620, 60];
/** Units of the drawing across: fewer on a phone, so that its letters stay readable. */
const width = () => (innerWidth < 760 ? 420 : 900);
const [LEAST_RADIUS, MOST_RADIUS] = [5, 22];
/** Width of a letter of a label: of Chinese ones and of others. */
const letters = (text) => [...text].reduce((sum, one) => sum + (one > "\u2e7f" ? 13 : 7), 0);
const tone = (change) => (!isNumber(change) ? "unknown" : change < 0 ? "down" : "up");

/** Places on the drawing: degrees of longitude are narrower away from the equator. */
function projected(stores, wide) {
  const middle = stores.reduce((sum, one) => sum + one.latitude, 0) / stores.length;
  const flat = stores.map((one) => ({ x: one.longitude * Math.cos((middle * Math.PI) / 180), y: -one.latitude }));
  const [left, top] = [Math.min(...flat.map((one) => one.x)), Math.min(...flat.map((one) => one.y))];
  const [across, down] = [Math.max(...flat.map((one) => one.x)) - left || 1e-9, Math.max(...flat.map((one) => one.y)) - top || 1e-9];
  const scale = Math.min((wide - 2 * EDGE) / across, (MOST_HIGH - 2 * EDGE) / down);
  const high = Math.max(LEAST_HIGH, down * scale + 2 * EDGE);
  const [indent, drop] = [(wide - across * scale) / 2, (high - down * scale) / 2];
  return { high, spots: flat.map((one) => ({ x: indent + (one.x - left) * scale, y: drop + (one.y - top) * scale })) };
}

const meet = (one, other) => one.left < other.left + other.width && other.left < one.left + one.width && one.top < other.top + other.height && other.top < one.top + one.height;

/** A name right or left of its circle, where it meets no other name or circle; else none, and the table has it. */
function label(text, circle, taken, wide) {
  const size = { top: circle.y - 8, width: letters(text), height: 16 };
  const sides = [circle.x + circle.radius + 5, circle.x - circle.radius - 5 - size.width];
  const box = sides.map((left) => ({ left, ...size })).find((one) => one.left >= 0 && one.left + one.width <= wide && !taken.some((other) => meet(one, other)));
  if (!box) return null;
  taken.push(box);
  return svg("text", { x: box.left, y: circle.y + 4 }, text);
}

/** The map in a panel that opens, or null where fewer than two stores have coordinates. */
export function storeMap(stores, signal) {
  const placed = stores.filter((one) => isNumber(one.latitude) && isNumber(one.longitude) && isNumber(one.sales));
  if (placed.length < 2) return null;
  const most = Math.max(...placed.map((one) => one.sales), 1e-9);
  const wide = width();
  const { high, spots } = projected(placed, wide);
  const circles = placed.map((one, place) => ({ ...spots[place], radius: LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * Math.sqrt(Math.max(one.sales, 0) / most) }));
  const taken = circles.map(({ x, y, radius }) => ({ left: x - radius, top: y - radius, width: 2 * radius, height: 2 * radius }));
  const mark = (one, place) => {
    const { x, y, radius } = circles[place];
    const said = [one.name, money(one.sales, 0), isNumber(one.sales_change) ? t("office.to_last_year", { value: signedPercent(one.sales_change) }) : null].filter(Boolean).join(", ");
    return svg("a", { href: address("orders", { store: one.store_id }), "aria-label": said }, svg("title", {}, said), svg("circle", { class: tone(one.sales_change), cx: x, cy: y, r: radius }));
  };
  return addressed(h("details", { class: "store-map" }, h("summary", {}, t("office.map")),
    h("p", { class: "hint" }, t("office.map_hint", { count: stores.length - placed.length })),
    svg("svg", { viewBox: `0 0 ${wide} ${Math.round(high)}`, role: "group", "aria-label": t("office.map") }, placed.map(mark), svg("g", { "aria-hidden": "true" }, placed.map((one, place) => label(one.name, circles[place], taken, wide))))), "map", signal);
}
