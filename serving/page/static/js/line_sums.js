// The arithmetic of an order line, of the numbers as they are shown: every sum is that of the rows above it.

import { isNumber } from "./i18n.js";

/** Units as the tables show them: one digit, below one two (`units` of i18n.js). */
const shown = (value) => { const digits = Math.abs(value) < 1 ? 100 : 10; return Math.round(value * digits) / digits; };
const tidy = (value) => Math.round(value * 100) / 100;
const known = (value) => (isNumber(value) ? shown(value) : 0);

/**
 * What a line is made of. `parts`: demand, lost, safety, stock, coming, moved (net, from other stores) and held (by the stores
 * of a warehouse; answers of older versions tell neither), and limits (packs, minimum order, shelf, money);
 * `sums`: target and gap, null where the stock is not known. demand - lost + safety = target;
 * target - stock - coming - moved - held = gap; gap + limits = what is suggested.
 */
export function lineSums(line) {
  if (!isNumber(line.order_up_to) || !isNumber(line.safety_stock)) return { parts: {}, sums: null };
  const lostExactly = line.demand_until_next_arrival + line.safety_stock - line.order_up_to;
  const [demand, target] = [shown(line.demand_until_next_arrival), shown(line.order_up_to)];
  const lost = lostExactly > 0.05 ? shown(lostExactly) : 0;
  const [stock, coming, moved, held] = [Math.max(known(line.on_hand), 0), known(line.on_order), known(line.moved_units), known(line.shops_hold)];
  const gap = tidy(target - stock - coming - moved - held);
  return {
    parts: { demand, lost, safety: tidy(target - demand + lost), stock, coming, moved, held, limits: tidy(line.order_quantity - gap) },
    sums: { target, gap },
  };
}
