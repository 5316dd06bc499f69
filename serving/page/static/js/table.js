// A table that sorts by its headings, opens a row on demand and grows by pages, so that thousands of rows stay quick.

import { h, icon, replace, uniqueId } from "./dom.js";
import { collator, number, t } from "./i18n.js";

const PAGE = 100;

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

/**
 * @param {object} options
 *   columns: {key, label, hint?, align?, value(row), cell?(row), sortable?, first? ("ascending"|"descending")}
 *   rows, caption, page: rows shown at first, rowKey(row), detail?(row) -> Node, sort: {key, descending} | null, onsort?(sort), rowClass?(row)
 */
export function dataTable({ columns, rows, caption, detail, sort = null, onsort, rowClass, rowKey, page = PAGE }) {
  const body = h("tbody");
  const head = h("tr");
  const foot = h("div", { class: "table-foot" });
  const opened = new Set();
  let shown = page;
  let current = rows;

  const ordered = () => {
    const column = sort && columns.find((one) => one.key === sort.key);
    return column ? [...current].sort(comparer(column, sort.descending)) : current;
  };
  const toggleSort = (column) => {
    const first = column.first === "descending";
    const same = sort?.key === column.key;
    sort = same && sort.descending !== first ? null : { key: column.key, descending: same ? !sort.descending : first };
    onsort?.(sort);
    draw();
  };
  const heading = (column) => {
    const state = sort?.key === column.key ? (sort.descending ? "descending" : "ascending") : "none";
    const props = { scope: "col", class: column.align ?? "", title: column.hint, dataset: { of: column.key } };
    if (column.sortable === false) return h("th", props, column.label);
    return h("th", { ...props, "aria-sort": state }, h("button", { type: "button", class: "sort", dataset: { column: column.key }, onclick: () => toggleSort(column) }, column.label));
  };
  const opener = (row, panelId) => {
    const isOpen = opened.has(rowKey(row));
    const button = h("button", {
      type: "button", class: "opener", "aria-expanded": String(isOpen), "aria-controls": panelId, "aria-label": t("action.question"), title: t("action.question"),
      onclick: () => { if (isOpen) opened.delete(rowKey(row)); else opened.add(rowKey(row)); draw(); body.querySelector(`[aria-controls="${panelId}"]`)?.focus(); },
    }, icon("chevron"));
    return h("td", { class: "opener-cell" }, button);
  };
  const line = (row, index) => {
    const panelId = `${tableId}-${index}`;
    const cells = columns.map((column) => {
      const content = column.cell ? column.cell(row) : column.value(row);
      return h("td", { class: column.align ?? "", dataset: { label: column.label, column: column.key } }, content);
    });
    const main = h("tr", { class: rowClass?.(row) ?? "" }, detail ? opener(row, panelId) : null, cells);
    if (!detail || !opened.has(rowKey(row))) return main;
    return [main, h("tr", { class: "detail", id: panelId }, h("td", { colspan: columns.length + 1 }, detail(row)))];
  };
  const draw = () => {
    const list = ordered();
    replace(head, detail ? h("th", { class: "opener-cell" }, h("span", { class: "visually-hidden" }, t("action.question"))) : null, columns.map(heading));
    replace(body, list.slice(0, shown).map(line));
    const more = list.length - shown;
    replace(foot, more > 0 ? [
      h("span", {}, t("table.shown", { shown: Math.min(shown, list.length), total: list.length })), " ",
      h("button", { type: "button", onclick: () => { shown += PAGE * 2; draw(); } }, t("table.more", { count: number(Math.min(more, PAGE * 2)) })),
    ] : null);
  };
  const tableId = uniqueId("table");
  draw();
  const table = h("table", { class: detail ? "data has-detail" : "data" }, h("caption", { class: "visually-hidden" }, caption), h("thead", {}, head), body);
  const element = h("div", { class: "table-box" }, h("div", { class: "table-scroll" }, table), foot);
  element.addEventListener("show-all", () => { shown = Infinity; draw(); });
  return {
    element,
    setRows: (next) => { current = next; shown = page; draw(); },
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

export const writeSort = (sort) => (sort ? `${sort.key}:${sort.descending ? "desc" : "asc"}` : null);
