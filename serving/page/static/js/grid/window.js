// A table of which only the rows in sight are elements, so that 100,000 lines scroll like twenty.

import { h } from "../dom.js";

const BESIDE = 8;

/**
 * @param {object} options columns: {key, label, hint?, align?, sortable?, first?}, rowHeight, caption, length(), row(index, isPrinting) -> {key, version, make(), isWaiting?}, sort() -> {column, descending}|null, onsort(column), corner: Node
 */
export function windowedTable({ columns, rowHeight: usual, caption, length, row, sort, onsort, corner }) {
  const [above, below] = [0, 1].map(() => h("tr", { class: "gap", "aria-hidden": "true" }, h("td", { colspan: columns.length + 1 })));
  const body = h("tbody", {}, above, below);
  const head = h("tr");
  const table = h("table", { class: "data grid" }, h("caption", { class: "visually-hidden" }, caption), h("thead", {}, head), body);
  const element = h("div", { class: "grid-scroll", tabindex: "0", role: "region", "aria-label": caption }, table);
  const made = new Map();
  let printing = false;
  let rowHeight = usual;

  const heading = (column) => {
    const now = sort();
    const state = now?.column === column.key ? (now.descending ? "descending" : "ascending") : "none";
    const props = { scope: "col", class: column.align ?? "", title: column.hint, dataset: { of: column.key } };
    if (column.sortable === false) return h("th", props, column.label);
    return h("th", { ...props, "aria-sort": state }, h("button", { type: "button", class: "sort", dataset: { column: column.key }, onclick: () => onsort(column) }, column.label));
  };
  const drawHead = () => head.replaceChildren(h(corner ? "th" : "td", { class: "select-cell" }, corner), ...columns.map(heading));

  /** Elements of rows that stay in sight stay as they are: a field that is being typed in keeps its place. */
  const draw = () => {
    const total = length();
    const first = printing ? 0 : Math.max(0, Math.floor(element.scrollTop / rowHeight) - BESIDE);
    const last = printing ? total : Math.min(total, Math.ceil((element.scrollTop + (element.clientHeight || 600)) / rowHeight) + BESIDE);
    const wanted = [];
    const keys = new Set();
    const typing = document.activeElement?.closest?.("tr")?.dataset.key;
    for (let index = first; index < last; index += 1) {
      const { key, version, make, isWaiting } = row(index, printing);
      if (printing && isWaiting) continue;
      keys.add(key);
      const kept = made.get(key);
      if (kept?.version === version) wanted.push(kept.element);
      else {
        const fresh = make();
        fresh.dataset.key = key;
        made.set(key, { version, element: fresh });
        wanted.push(fresh);
      }
      wanted.at(-1).setAttribute("aria-rowindex", String(index + 2));
    }
    const stay = new Set(wanted);
    const field = typing === undefined ? null : document.activeElement.dataset.field;
    [...body.children].forEach((child) => { if (child !== above && child !== below && !stay.has(child)) child.remove(); });
    [...made.keys()].forEach((key) => { if (!keys.has(key)) made.delete(key); });
    let node = above.nextSibling;
    for (const one of wanted) {
      if (one === node) node = node.nextSibling;
      else body.insertBefore(one, node);
    }
    // rows are as high as fonts and width make them, all alike
    const height = wanted[0]?.getBoundingClientRect().height;
    if (height > 1 && Math.abs(height - rowHeight) > 0.5 && !printing) {
      rowHeight = height;
      draw();
      return;
    }
    above.firstChild.style.setProperty("height", `${first * rowHeight}px`);
    below.firstChild.style.setProperty("height", `${(total - last) * rowHeight}px`);
    above.hidden = first === 0;
    below.hidden = last >= total;
    table.setAttribute("aria-rowcount", String(total + 1));
    if (field && !document.activeElement?.closest?.("tr")) made.get(typing)?.element.querySelector(`[data-field="${field}"]`)?.focus({ preventScroll: true });
  };

  let asked = 0;
  element.addEventListener("scroll", () => { cancelAnimationFrame(asked); asked = requestAnimationFrame(draw); }, { passive: true });
  const resized = new ResizeObserver(() => draw());
  resized.observe(element);
  drawHead();
  return {
    element, draw, drawHead,
    show: (index) => { element.scrollTop = Math.min(element.scrollTop, index * rowHeight); if ((index + 2) * rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = (index + 3) * rowHeight - element.clientHeight; draw(); },
    top: () => { element.scrollTop = 0; },
    print: (whole) => { printing = whole; draw(); },
  };
}
