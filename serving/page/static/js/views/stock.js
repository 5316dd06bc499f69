// Stock of all stores: transfers, cycle counts, excess stock, status of orders, exceptions; filtered, sorted and paged by the service.

import { call } from "../api.js";
import { h, icon, isPhone, replace } from "../dom.js";
import { exportButtons, MOST_PRINTED } from "../grid/files.js";
import { conditionBar, redrawConditions, searchBox, whyNothing } from "../grid/filters.js";
import { asked, readConditions, sorted, unknownIn, unknownText, writeConditions } from "../grid/state.js";
import { number, t } from "../i18n.js";
import { failureText } from "../problems.js";
import { may, placeKind } from "../rights.js";
import { address, patchParams, pushParams } from "../route.js";
import { empty, fill } from "../states.js";
import { TABS } from "../stock_lists.js";
import { dataTable, readSort, writeSort } from "../table.js";

/** Lines of a page; on a phone, where a line is a card, 40 of excess stock are 12,000 px and 10 are 3,700. */
const size = () => (isPhone() ? 10 : 40);
/** Addresses of before counted pages of so many lines. */
const OLD_PAGE = 40;
const firstLine = (params) => Math.max(0, Math.floor(Number(params.get("line")) || 1) - 1) || OLD_PAGE * Math.max(0, Math.floor(Number(params.get("page")) || 1) - 1);

function readState(params) {
  const tab = TABS[params.get("tab")] ? params.get("tab") : "transfers";
  const where = readConditions(params, TABS[tab].conditions);
  params.getAll("store").forEach((value) => where.push({ column: TABS[tab].store, value }));
  const sort = readSort(params.get("sort"));
  const known = TABS[tab].columns.some((one) => one.key === sort?.key && one.sortable !== false);
  const wrong = params.get("tab") && !TABS[params.get("tab")] ? [params.get("tab")] : [];
  const unknown = [...wrong, ...unknownIn(params, TABS[tab].conditions), ...(sort && !known ? [sort.key] : [])];
  return { tab, where, unknown, search: params.get("q") ?? "", sort: known ? { column: sort.key, descending: sort.descending } : null, offset: firstLine(params), show: "all" };
}

function write({ tab, where, search, sort, offset }, { replace: isTyped = false } = {}) {
  (isTyped ? patchParams : pushParams)({ tab: tab === "transfers" ? null : tab, store: null, f: writeConditions(where), q: search, sort: sort && writeSort({ key: sort.column, descending: sort.descending }), page: null, line: offset ? offset + 1 : null });
}

/** Conditions that hold on another tab too; the store of a transfer is the one that it leaves. */
function carried(where, from, to) {
  const moved = where.map((one) => (one.column === TABS[from].store ? { ...one, column: TABS[to].store } : one));
  return moved.filter((one) => TABS[to].conditions.includes(one.column));
}

class StockLists {
  constructor(root, { params, signal }) {
    this.root = root;
    this.signal = signal;
    this.state = readState(params);
    this.names = new Map();
    this.places = { tabs: h("div"), conditions: h("div"), actions: h("div", { class: "buttons" }), result: h("div", { class: "result" }) };
    this.intro = h("p", { class: "hint" });
    this.notice = h("p", { class: "notice", role: "status" });
    this.problem = h("p", { class: "form-problem", role: "alert" });
    this.onfail = (error) => { this.problem.textContent = failureText(error); };
  }

  body() {
    return { ...asked(this.state), sort: sorted(this.state) };
  }

  async change(changes, options) {
    Object.assign(this.state, { offset: 0 }, changes);
    write(this.state, options);
    await this.draw();
  }

  async tab(tab) {
    await this.change({ tab, where: carried(this.state.where, this.state.tab, tab), sort: null });
    this.places.tabs.querySelector(`[data-tab="${tab}"]`)?.focus();
  }

  async sortBy(sort) {
    const key = sort?.key ?? this.state.sort?.column;
    await this.change({ sort: sort && { column: sort.key, descending: sort.descending } });
    this.places.result.querySelector(`button[data-column="${key}"]`)?.focus();
  }

  async go(offset) {
    await this.change({ offset });
    this.places.result.querySelector(".pager button:enabled")?.focus();
    this.root.scrollIntoView({ block: "start" });
  }

  draw() {
    const { tab, where } = this.state;
    const { conditions } = TABS[tab];
    this.notice.textContent = "";
    this.problem.textContent = "";
    replace(this.places.tabs, h("div", { class: "filters", role: "group", "aria-label": t("nav.stock") }, Object.keys(TABS).map((one) => h("button", { type: "button", dataset: { tab: one }, "aria-pressed": String(one === tab), onclick: () => this.tab(one) }, t(`stock.tab.${one}`)))));
    replace(this.intro, t(`stock.intro.${tab}`));
    redrawConditions(this.places.conditions, conditionBar(this.state, { signal: this.signal, names: this.names, table: tab, columns: conditions, onchange: (next) => this.change({ where: next }), onfail: this.onfail }));
    const store = where.filter((one) => one.column === "store_id").length === 1 ? where.find((one) => one.column === "store_id").value : null;
    replace(this.places.actions, tab === "leftovers" && may("campaigns:propose") ? h("a", { class: "button", dataset: { action: "propose-all" }, href: address("campaigns", { new: "leftovers", store }) }, icon("campaigns"), t("stock.propose_all")) : null,
      tab === "leftovers" && may("people:read") ? h("a", { class: "button", dataset: { action: "all-people" }, href: address("audience", { leftovers: "1", store }) }, icon("audience"), t("stock.find_people_all")) : null,
      exportButtons(tab, () => this.body(), { signal: this.signal, onfail: this.onfail, onsaved: (rows) => { this.notice.textContent = t("grid.saved", { count: rows }); }, onprint: () => this.print() }));
    return fill(this.places.result, this.signal, () => this.result(), { lines: 8 });
  }

  async result() {
    const { tab, where, search } = this.state;
    const offset = this.isForPaper ? 0 : this.state.offset;
    const most = this.isForPaper ? MOST_PRINTED : size();
    const { columns, group, sums } = TABS[tab];
    const answer = await call("listing", { table: tab, ...this.body(), limit: most, offset, ...(group ? { group_by: group } : {}) }, { signal: this.signal });
    this.total = answer.total;
    if (!answer.total) return where.length || search.trim() ? empty(t("grid.none"), t("grid.none_hint")) : empty(t(`stock.none.${tab}`), [t(`stock.none_hint.${tab}`), placeKind() === "headquarters" ? null : [t("sentence.space"), t("stock.none_place")]]);
    // lines may have gone since the address was written
    if (offset >= answer.total) {
      this.state.offset = size() * (Math.ceil(answer.total / size()) - 1);
      write(this.state, { replace: true });
      return this.result();
    }
    const figures = [["totals.lines", number(answer.total)], ...sums(answer)];
    const sort = this.state.sort && { key: this.state.sort.column, descending: this.state.sort.descending };
    const table = dataTable({ columns: columns.map((one) => ({ ...one, label: t(one.label) })), rows: answer.rows, caption: t(`stock.tab.${tab}`), sort, onsort: (next) => this.sortBy(next), paged: { offset, size: most, total: answer.total, go: (next) => this.go(next) } });
    return [h("dl", { class: "figures" }, figures.map(([label, value, note]) => h("div", { class: "figure" }, h("dt", {}, t(label)), h("dd", {}, value), note ? h("dd", { class: "hint" }, note) : null))), table.element];
  }

  /** All lines of the view, drawn for paper and put back to the page that was looked at. */
  async print() {
    if (this.total > MOST_PRINTED) {
      this.problem.textContent = t("grid.print_many", { count: this.total, most: MOST_PRINTED });
      return;
    }
    this.isForPaper = true;
    await this.draw();
    this.isForPaper = false;
    addEventListener("afterprint", () => { if (!this.signal.aborted) this.draw(); }, { once: true });
    print();
  }

  frame() {
    const { tabs, conditions, actions, result } = this.places;
    replace(this.root, h("h1", {}, t("nav.stock")), tabs, this.intro,
      h("div", { class: "toolbar" }, h("div", { class: "toolbar-start" }, searchBox(this.state, (search) => this.change({ search }, { replace: true })), conditions), h("div", { class: "toolbar-end" }, actions)),
      this.notice, this.problem, result);
    const drawn = this.draw();
    this.notice.textContent = unknownText(this.state.unknown);
    const { tab, where } = this.state;
    return drawn.then(() => { if (this.total === 0 && !this.signal.aborted) result.append(whyNothing(tab, where, this)); });
  }
}

export const stockView = (root, context) => new StockLists(root, context).frame();
