// A table that sorts by its headings and grows by pages; or whose sorting and pages are the service's.

import { h, isPhone, replace } from "./dom.js";
import { collator, number, t } from "./i18n.js";
import { pushParams, readRoute } from "./route.js";

const PAGE = 100;
/** Cards that a phone shows at first, and more at each press: some twenty fill ten screens. */
const CARDS = 20;
/** Columns of a table that a phone shows as a table: one with more becomes a card for each line. */
const FEW = 4;
/** Spaces as wide as a decimal point and as a digit. */
const [POINT, DIGIT] = ["\u2008", "\u2007"];

function comparer(column, descending) {
  const compare = collator();
  const sign = descending ? -1 : 1;
  return (left, right) => {
    const [a, b] = [column.value(left), column.value(right)];
    const [noA, noB] = [a === null || a === undefined || a === "", b === null || b === undefined || b === ""];
    if (noA || noB) return noA - noB;
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : compare.compare(String(a), String(b)));
  };
}

const DECIMALS = /^[^\d]*[\d,]+(?:\.(\d+))?$/;

/** Room after the numbers of a column that have fewer decimals than others, so that their points stand under each other. */
function alignDecimals(rows, columns) {
  for (const column of columns.filter((one) => /number/.test(one.align ?? ""))) {
    const cells = rows.map((row) => row.querySelector(`td[data-column="${column.key}"]`)).filter((cell) => cell && !cell.children.length && DECIMALS.test(cell.textContent));
    const digits = cells.map((cell) => DECIMALS.exec(cell.textContent)[1]?.length ?? 0);
    const most = Math.max(0, ...digits);
    cells.forEach((cell, place) => { if (digits[place] < most) cell.append(digits[place] ? "" : POINT, DIGIT.repeat(most - digits[place])); });
  }
}

/** Which lines of how many are shown, and the ways to those before and after. */
function pager({ offset, size, total, go }) {
  if (total <= size && !offset) return null;
  const button = (key, to, isPossible) => h("button", { type: "button", dataset: { page: key }, disabled: !isPossible, onclick: () => go(to) }, t(`table.${key}`));
  return h("nav", { class: "filters pager", "aria-label": t("table.pages") }, button("before", Math.max(offset - size, 0), offset > 0), h("span", {}, t("table.range", { from: number(offset + 1), to: number(Math.min(offset + size, total)), total: number(total) })), button("after", offset + size, offset + size < total));
}

/**
 * @param {object} options
 *   columns: {key, label, hint?, align?, value(row), cell?(row), sortable?, first? ("ascending"|"descending")}
 *   rows, caption, page: rows shown at first, sort: {key, descending} | null, onsort?(sort), rowClass?(row)
 *   paged: {offset, size, total, go(offset)}: the rows are one page of the service's, sorted by it
 *   which: name of the table among those of its view, blank of the first: a chosen sort stands in the address
 */
export function dataTable({ columns, rows, caption, sort: usual = null, onsort = null, rowClass, page = PAGE, paged = null, which = "" }) {
  let sort = onsort ? usual : (sortInAddress(which, columns) ?? usual);
  const body = h("tbody");
  const head = h("tr", { dataset: { sort: t("table.sort") } });
  const foot = h("div", { class: "table-foot" });
  const isWide = columns.length > FEW || columns.some((one) => /reason|actions/.test(one.align ?? ""));
  const areCards = isWide && isPhone();
  const atFirst = areCards ? Math.min(page, CARDS) : page;
  const step = areCards ? CARDS : PAGE * 2;
  let shown = paged ? Infinity : atFirst;
  let current = rows;

  const ordered = () => {
    const column = !paged && sort && columns.find((one) => one.key === sort.key);
    return column ? [...current].sort(comparer(column, sort.descending)) : current;
  };
  const toggleSort = (column) => {
    const first = column.first === "descending";
    const same = sort?.key === column.key;
    sort = same && sort.descending !== first ? null : { key: column.key, descending: same ? !sort.descending : first };
    if (onsort) onsort(sort);
    else keepSort(which, sort);
    if (!paged) draw();
  };
  const heading = (column) => {
    const state = sort?.key === column.key ? (sort.descending ? "descending" : "ascending") : "none";
    const props = { scope: "col", class: column.align ?? "", title: column.hint, dataset: { of: column.key } };
    if (column.sortable === false) return h("th", props, column.label);
    return h("th", { ...props, "aria-sort": state }, h("button", { type: "button", class: "sort", dataset: { column: column.key }, onclick: () => toggleSort(column) }, column.label));
  };
  const line = (row) => h("tr", { class: rowClass?.(row) ?? "" }, columns.map((column) => h("td", { class: column.align ?? "", dataset: { label: column.label, column: column.key } }, column.cell ? column.cell(row) : column.value(row))));
  const draw = () => {
    const list = ordered();
    replace(head, columns.map(heading));
    const lines = list.slice(0, shown).map(line);
    if (!areCards) alignDecimals(lines, columns);
    replace(body, lines);
    const more = list.length - shown;
    if (paged) replace(foot, pager(paged));
    else replace(foot, more > 0 ? [
      h("span", {}, t("table.shown", { shown: Math.min(shown, list.length), total: list.length })), " ",
      h("button", { type: "button", onclick: () => { shown += step; draw(); } }, t("table.more", { count: number(Math.min(more, step)) })),
    ] : null);
  };
  draw();
  const table = h("table", { class: `data${isWide ? " cards-here" : ""}` }, h("caption", { class: "visually-hidden" }, caption), h("thead", {}, head), body);
  const element = h("div", { class: "table-box" }, h("div", { class: "table-scroll" }, table), foot);
  element.addEventListener("show-all", () => { shown = Infinity; draw(); });
  return {
    element,
    setRows: (next) => { current = next; shown = atFirst; draw(); },
    redraw: draw,
    ordered,
  };
}

addEventListener("beforeprint", () => document.querySelectorAll(".table-box").forEach((box) => box.dispatchEvent(new Event("show-all"))));

export function readSort(text) {
  if (!text) return null;
  const [key, order] = text.split(":");
  return { key, descending: order === "desc" };
}

const isOf = (which) => (text) => (which ? text.startsWith(`${which}.`) : !text.includes("."));

/** The sort of a table that the address names; null where it names none or no column of it. */
function sortInAddress(which, columns) {
  const text = readRoute().params.getAll("sort").find(isOf(which));
  const sort = readSort(text?.slice(which ? which.length + 1 : 0));
  return columns.some((one) => one.key === sort?.key && one.sortable !== false) ? sort : null;
}

function keepSort(which, sort) {
  const others = readRoute().params.getAll("sort").filter((text) => !isOf(which)(text));
  pushParams({ sort: [...others, ...(sort ? [`${which ? `${which}.` : ""}${writeSort(sort)}`] : [])] });
}

export const writeSort = (sort) => (sort ? `${sort.key}:${sort.descending ? "desc" : "asc"}` : null);
