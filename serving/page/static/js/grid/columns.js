// Columns of the grid of orders, and its rows: a line, the head of a group, a line that is still on its way.

import { decisionBadge } from "../decisions.js";
import { h, icon, name } from "../dom.js";
import { costHint, costText, day, isNumber, money, number, t, units } from "../i18n.js";
import { decisionOf } from "../suggestions.js";
import { keyOf } from "./source.js";

/** A line as the older parts of the page take it. */
export const prepared = (line) => ({ ...line, reason_text: line.reason ?? "", decision: decisionOf(line.decision) });

const flagBadge = (flag) => h("span", { class: `badge flag ${flag}`, title: t(`flag_help.${flag}`) }, t(`flag.${flag}`));
/** Truck loads below which the number would be shown as none. */
const LEAST_TRUCKS = 0.1;

/** A row of the grid has room for two rows of badges: what was decided comes first, what has no room is counted and named. */
function inTwoRows(badges) {
  const [first, second, ...rest] = badges;
  if (!rest.length) return badges;
  const names = rest.map((one) => one.textContent).join(t("word.list"));
  return [first, h("span", { class: "badge-row" }, second, h("span", { class: "badge rest", title: names }, h("span", { "aria-hidden": "true" }, `+${number(rest.length)}`), h("span", { class: "visually-hidden" }, names)))];
}

const known = (value) => (isNumber(value) ? units(value) : h("span", { class: "unknown" }, t("line.unknown")));
const amount = (key, more = {}) => ({ key, label: t(`column.${key}`), hint: t(`column_help.${key}`), align: "number wide", first: "descending", cell: (line) => units(line[key]), ...more });

/** What the quantity that counts brings; why nobody knows it where a changed one goes beyond the line's plan. */
const worth = (key, label, text, more) => amount(key, { label: t(`column.${label}`), hint: t(`column_help.${label}`), ...more, cell: (line) => (isNumber(line[key]) ? text(line[key]) : h("span", { class: "unknown", title: t(line.quantity === line.order_quantity ? "grid.no_lost_sales" : "grid.no_plan_so_far") }, t("line.unknown"))) });

/** Field of the quantity, or its text where the key may not decide or the line was exported. */
function quantityCell(line, grid) {
  const changed = line.state !== "proposed" && line.quantity !== line.order_quantity ? h("s", { title: t("grid.suggested") }, units(line.order_quantity)) : null;
  if (!grid.mayDecide || line.decision?.exported_at) return [changed, " ", units(line.quantity)];
  const input = h("input", {
    type: "number", min: "0", step: "any", inputmode: "decimal", class: "quantity", dataset: { field: "quantity" }, value: grid.typing.textOf(line), "aria-invalid": grid.typing.isKept(line) ? "true" : null,
    "aria-label": t("grid.quantity_of", { product: line.product_name, store: line.store_name }), title: [isNumber(line.case_pack) && line.case_pack !== 1 ? t("grid.packs_of", { pack: number(line.case_pack, 2) }) : null, t("grid.quantity_help")].filter(Boolean).join(". "),
    oninput: () => { grid.typing.drop(keyOf(line)); grid.typing.mark(line, input); },
    onchange: () => grid.typing.typed(line, input),
    onkeydown: (event) => {
      if (event.key === "Escape") { grid.typing.drop(keyOf(line)); grid.typing.restore(line, input); input.select(); }
      if (event.key === "Enter") { event.preventDefault(); grid.typing.enter(line, event.shiftKey ? -1 : 1); }
    },
    onfocus: () => input.select(),
  });
  return [changed, input];
}

/** How many comments a line has; they are read where its name opens it. */
const commentMark = (count) => (count ? [h("span", { class: "comment-mark", title: t("grid.comments", { count }) }, icon("comment"), h("span", { class: "visually-hidden" }, t("grid.comments", { count })), h("span", { "aria-hidden": "true" }, number(count))), " "] : null);

export function columns(grid) {
  return [
    { key: "product_name", label: t("column.product"), align: "product", cell: (line) => [
      h("button", { type: "button", class: "link strong", dataset: { field: "open" }, title: t("action.question"), onclick: () => grid.onopen(line) }, name(line.product_name)),
      h("span", { class: "sub" }, commentMark(line.comments), line.product_name === line.product_id ? null : [name(line.product_id), " · "], h("span", { class: "narrow" }, name(line.store_name)), h("span", { class: "wide-text" }, line.category ? name(line.category) : null))] },
    { key: "store_name", label: t("overview.shop"), align: "wide", cell: (line) => name(line.store_name) },
    { key: "supplier_name", label: t("grid.supplier"), align: "wide", cell: (line) => (line.warehouse_id ? h("span", { class: "badge transfer" }, name(line.warehouse_name)) : name(line.supplier_name ?? "", { title: line.supplier_id })) },
    { key: "quantity", label: t("column.order_quantity"), hint: [t("column_help.order_quantity"), grid.mayDecide ? t("grid.quantity_help") : null].filter(Boolean).join(". "), align: "number emphasis", first: "descending", cell: (line) => quantityCell(line, grid) },
    { key: "cost", label: t("column.order_cost"), align: "number wider", first: "descending", cell: (line) => h("span", { title: costHint(line.cost, line.cost_basis) }, costText(line.cost, line.cost_basis)) },
    { key: "order_on", label: t("column.order_on"), align: "date wider", cell: (line) => day(line.order_on) },
    amount("on_hand", { cell: (line) => known(line.on_hand) }),
    amount("on_order", { align: "number widest" }),
    amount("demand_until_next_arrival", { align: "number wider" }),
    worth("lost_sales", "expected_lost_sales", units, { align: "number wider" }),
    worth("value", "expected_value", money, { align: "number widest" }),
    { key: "urgency", label: t("grid.why"), align: "why", first: "descending", cell: (line) => h("div", { class: "badges", title: line.reason }, inTwoRows([decisionBadge(prepared(line)), line.flags.map(flagBadge), line.is_below_minimum ? h("span", { class: "badge flag", title: t("grid.below_minimum_of", { money: money(line.purchase_order_minimum, 0) }) }, t("filter.below_minimum")) : null].flat().filter(Boolean))) },
  ];
}

/** A row of a line: `version` changes when what is shown does. */
export function lineRow(line, all, grid) {
  const key = keyOf(line);
  const picked = grid.isPicked(key);
  const box = h("input", { type: "checkbox", checked: picked, dataset: { field: "pick" }, "aria-label": t("grid.pick", { product: line.product_name, store: line.store_name }), onchange: () => grid.onpick(line, box.checked) });
  return {
    key,
    version: JSON.stringify([line.quantity, line.value, line.lost_sales, line.is_below_minimum, line.state, line.is_open, line.comments, line.decision?.decision_id, picked, grid.mayDecide, grid.typing.isKept(line)]),
    make: () => h("tr", { class: [line.flags.length ? "exception" : "", picked ? "picked" : ""].join(" ").trim() }, h("td", { class: "select-cell" }, grid.mayDecide ? box : null),
      all.map((column) => h("td", { class: column.align ?? "", dataset: { column: column.key } }, column.cell(line)))),
  };
}

export const waitingRow = (index, all) => ({ key: `waiting-${index}`, version: "", isWaiting: true, make: () => h("tr", { class: "waiting" }, h("td", { colspan: all.length + 1 }, h("div", { class: "skeleton s1" }))) });

/** What the supplier's least money and the truck say of a purchase order; the money of the whole order where the view has a part of it. */
function purchaseOrder({ purchase_order_cost: cost, purchase_order_minimum: least, purchase_order_trucks: trucks, cost: shown, is_below_minimum: isBelow }) {
  return [
    isNumber(cost) && Math.abs(cost - (shown ?? 0)) > 0.005 ? h("span", { class: "hint" }, t("grid.whole_order", { money: money(cost, 0) })) : null,
    isBelow ? h("span", { class: "warn" }, t("grid.below_minimum_of", { money: money(least, 0) })) : isNumber(least) && isNumber(cost) ? h("span", { class: "hint" }, t("grid.minimum_met", { money: money(least, 0) })) : null,
    isNumber(trucks) && trucks > 0 ? h("span", {}, trucks < LEAST_TRUCKS ? t("grid.trucks_less", { count: number(LEAST_TRUCKS, 1) }) : t("grid.trucks", { count: number(trucks, 1) })) : null,
  ];
}

/** The head of a group: its name, lines, exceptions and sums; opens and closes it. */
export function groupRow(part, all, grid) {
  const { group, isOpen } = part;
  const label = group.name ?? group.key;
  const nothing = () => (grid.group() === "purchase_order" ? t("grid.no_purchase_order") : t("grid.without", { what: t(`grid.by.${grid.group()}`) }));
  const text = label === null ? nothing() : label.replace(/\d{4}-\d{2}-\d{2}$/, (last) => day(last, "full"));
  return {
    key: `group ${group.key}`,
    version: JSON.stringify([group, isOpen]),
    make: () => h("tr", { class: "group" }, h("td", { colspan: all.length + 1 }, h("div", { class: "group-head" },
      h("button", { type: "button", class: "opener-text", dataset: { field: "group" }, "aria-expanded": String(isOpen), onclick: () => grid.ongroup(part) }, icon("chevron"), name(text, { class: "strong" })),
      h("span", { class: "strong" }, money(group.cost, 0)),
      group.quantity > 0 ? purchaseOrder(group) : group.key === null ? null : h("span", { class: "hint" }, t("grid.nothing_ordered")),
      group.is_to_check ? h("span", { class: "warn" }, t("grid.exceptions", { count: group.is_to_check })) : null,
      h("span", {}, t("grid.lines", { count: group.lines })),
      h("span", { class: "group-units" }, t("grid.units", { units: units(group.quantity ?? 0) })),
      group.is_open ? h("span", { class: "hint" }, t("grid.open", { count: group.is_open })) : null))),
  };
}
