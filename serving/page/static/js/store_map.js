// Map of the stores whose coordinates are known: a circle by sales, coloured by how it does against last year. No tiles.

import { h, svg } from "./dom.js";
import { isNumber, money, signed, t } from "./i18n.js";
import { address } from "./route.js";

const [WIDE, LEAST_HIGH, MOST_HIGH, EDGE] = [900, 220, 620, 60];
const [LEAST_RADIUS, MOST_RADIUS] = [5, 22];
/** Width of a letter of a label: of Chinese ones and of others. */
const letters = (text) => [...text].reduce((sum, one) => sum + (one > "\u2e7f" ? 13 : 7), 0);
const tone = (change) => (!isNumber(change) ? "unknown" : change < 0 ? "down" : "up");

/** Places on the drawing: degrees of longitude are narrower away from the equator. */
function projected(stores) {
  const middle = stores.reduce((sum, one) => sum + one.latitude, 0) / stores.length;
  const flat = stores.map((one) => ({ x: one.longitude * Math.cos((middle * Math.PI) / 180), y: -one.latitude }));
  const [left, top] = [Math.min(...flat.map((one) => one.x)), Math.min(...flat.map((one) => one.y))];
  const [across, down] = [Math.max(...flat.map((one) => one.x)) - left || 1e-9, Math.max(...flat.map((one) => one.y)) - top || 1e-9];
  const scale = Math.min((WIDE - 2 * EDGE) / across, (MOST_HIGH - 2 * EDGE) / down);
  const high = Math.max(LEAST_HIGH, down * scale + 2 * EDGE);
  const [indent, drop] = [(WIDE - across * scale) / 2, (high - down * scale) / 2];
  return { high, spots: flat.map((one) => ({ x: indent + (one.x - left) * scale, y: drop + (one.y - top) * scale })) };
}

/** A name beside the circle where it meets no other name. */
function label(text, spot, radius, taken) {
  const width = letters(text);
  const isLeft = spot.x + radius + 6 + width > WIDE;
  const box = { left: isLeft ? spot.x - radius - 6 - width : spot.x + radius + 6, top: spot.y - 8, width, height: 16 };
  if (taken.some((one) => box.left < one.left + one.width && one.left < box.left + box.width && box.top < one.top + one.height && one.top < box.top + box.height)) return null;
  taken.push(box);
  return svg("text", { x: box.left, y: spot.y + 4 }, text);
}

/** The map in a panel that opens, or null where fewer than two stores have coordinates. */
export function storeMap(stores) {
  const placed = stores.filter((one) => isNumber(one.latitude) && isNumber(one.longitude) && isNumber(one.sales));
  if (placed.length < 2) return null;
  const most = Math.max(...placed.map((one) => one.sales), 1e-9);
  const { high, spots } = projected(placed);
  const taken = [];
  const mark = (one, place) => {
    const radius = LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * Math.sqrt(Math.max(one.sales, 0) / most);
    const said = [one.name, money(one.sales, 0), isNumber(one.sales_change) ? t("office.to_last_year", { value: `${signed(100 * one.sales_change, 1)}%` }) : null].filter(Boolean).join(", ");
    return svg("a", { href: address("orders", { store: one.store_id }), "aria-label": said }, svg("title", {}, said), svg("circle", { class: tone(one.sales_change), cx: spots[place].x, cy: spots[place].y, r: radius }), label(one.name, spots[place], radius, taken));
  };
  return h("details", { class: "store-map" }, h("summary", {}, t("office.map")),
    h("p", { class: "hint" }, t("office.map_hint", { count: stores.length - placed.length })),
    svg("svg", { viewBox: `0 0 ${WIDE} ${Math.round(high)}`, role: "group", "aria-label": t("office.map") }, placed.map(mark)));
}
