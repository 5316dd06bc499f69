// Orders: the suggestions of all stores in one grid, to filter, group, change and decide on.

import { ApiError, call } from "../api.js";
import { decide, mayWithdraw, refusal } from "../decisions.js";
import { h, icon, replace } from "../dom.js";
import { t, units } from "../i18n.js";
import { columns, groupRow, lineRow, waitingRow } from "../grid/columns.js";
import { askThenStore, chosenOf } from "../grid/deciding.js";
import { exportButtons, importButton } from "../grid/files.js";
import { conditionBar, groupBox, redrawConditions, redrawShows, searchBox, showBar, whyNothing } from "../grid/filters.js";
import { settle } from "../grid/settling.js";
import { firstLines, keyOf, lineSource } from "../grid/source.js";
import { asked, readState, sorted, unknownText, writeState } from "../grid/state.js";
import { figures } from "../grid/sums.js";
import { Typing } from "../grid/typing.js";
import { windowedTable } from "../grid/window.js";
import { failureText } from "../problems.js";
import { may } from "../rights.js";
import { open, openNames } from "../route.js";
import { empty, failed, folded, loading } from "../states.js";

const ROW_HEIGHT = 46;
/** What opens beside the grid; it comes after the lines, which are seen first. */
const panels = () => import("../grid/panels.js");

/** The grid and everything round it; `root` is drawn once, what changes is drawn in its places. */
class OrdersGrid {
  constructor(root, { params, overview, signal }) {
    this.root = root;
    this.signal = signal;
    this.asOf = overview?.as_of;
    this.state = readState(params);
    this.mayDecide = may("stock:decide");
    [this.picked, this.names, this.undoable, this.wholeView] = [new Map(), new Map(), [], false];
    this.places = Object.fromEntries(["shows", "conditions", "sums", "picked", "offers", "unsent", "bulk", "paper", "nothing"].map((one) => [one, h("div", { class: `grid-${one}` })]));
    this.typing = new Typing(this, this.places.offers);
    this.notice = h("p", { class: "notice", role: "status" });
    this.problem = h("p", { class: "form-problem", role: "alert" });
    this.source = lineSource({ state: this.state, signal, onchange: () => this.table.draw(), onfail: (error) => this.fail(error) });
    this.columns = columns(this);
    this.corner = h("input", { type: "checkbox", dataset: { field: "pick-all" }, "aria-label": t("grid.pick_all"), onchange: () => this.pickAll(this.corner.checked) });
    this.table = windowedTable({
      columns: this.columns, rowHeight: ROW_HEIGHT, caption: t("grid.caption"), length: () => this.source.length(), row: (index, isPrinting) => this.row(index, isPrinting), corner: this.mayDecide ? this.corner : null,
      sort: () => this.state.sort, onsort: (column) => this.sortBy(column),
    });
  }

  fail(error) {
    this.problem.textContent = typeof error === "string" ? error : failureText(error);
  }

  clear() {
    this.notice.textContent = this.problem.textContent = "";
  }

  row(index, isPrinting) {
    const { head, line } = this.source.at(index, { asks: !isPrinting });
    if (head) return groupRow(head, this.columns, this);
    return line ? lineRow(line, this.columns, this) : waitingRow(index, this.columns);
  }

  group() { return this.state.group; }

  isPicked(key) { return this.wholeView || this.picked.has(key); }

  onpick(line, isPicked) {
    if (this.wholeView) { this.wholeView = false; this.picked.clear(); this.corner.checked = false; }
    if (isPicked) this.picked.set(keyOf(line), line);
    else this.picked.delete(keyOf(line));
    this.drawPicked();
    this.table.draw();
  }

  pickAll(isPicked) {
    this.wholeView = isPicked;
    this.picked.clear();
    this.drawPicked();
    this.table.draw();
  }

  ongroup(part) {
    this.source.toggle(part);
    writeState(this.state, { replace: true });
    this.table.draw();
  }

  /** Another view: written into the address, asked for and drawn from its first line. */
  async change(changes, options) {
    Object.assign(this.state, changes);
    writeState(this.state, options);
    this.wholeView = this.corner.checked = false;
    // nothing can be picked of a view that is on its way: its totals are not seen yet
    this.corner.disabled = true;
    this.picked.clear();
    this.drawPicked();
    this.clear();
    await this.reload();
    this.corner.disabled = false;
    this.table.top();
    this.table.drawHead();
    this.draw();
  }

  sortBy(column) {
    const now = this.state.sort;
    const first = column.first === "descending";
    const same = now?.column === column.key;
    return this.change({ sort: same && now.descending !== first ? null : { column: column.key, descending: same ? !now.descending : first } }).then(() => this.table.element.querySelector(`[data-column="${column.key}"]`)?.focus());
  }

  async reload() {
    this.typing.dropAll();
    this.root.setAttribute("aria-busy", "true");
    try {
      await this.source.reload();
    } catch (error) {
      if (this.signal.aborted) return;
      this.fail(error);
    } finally {
      this.root.removeAttribute("aria-busy");
    }
  }

  draw() {
    this.drawShows();
    redrawConditions(this.places.conditions, conditionBar(this.state, { signal: this.signal, names: this.names, onchange: (where) => this.change({ where }), onfail: (error) => this.fail(error) }));
    this.drawSums();
    this.drawPicked();
    this.table.draw();
  }

  drawShows() {
    redrawShows(this.places.shows, showBar(this.state, this.source.answer().shows, (show) => this.change({ show })));
  }

  drawSums() {
    const { totals, groups, groups_total: total } = this.source.answer();
    const cut = groups && total > groups.length ? h("p", { class: "hint" }, t("grid.groups_shown", { shown: groups.length, total })) : null;
    replace(this.places.sums, figures(totals), cut);
    this.table.element.hidden = !this.source.length();
    replace(this.places.nothing, this.source.length() ? null : empty(t("grid.none"), t("grid.none_hint")));
  }

  drawPicked() {
    const { totals } = this.source.answer();
    const lines = [...this.picked.values()].map((line) => this.source.line(keyOf(line)) ?? line);
    const count = this.wholeView ? totals.lines : lines.length;
    // a form or a question about picked lines goes with the last of them; what a file asks for, in a section, stays
    if (!count && !this.places.bulk.querySelector("section")) replace(this.places.bulk);
    const last = this.undoable.at(-1);
    const undo = last ? h("button", { type: "button", dataset: { bulk: "undo" }, onclick: () => this.undo() }, icon("undo"), t("grid.undo", { what: last.what })) : null;
    const sum = this.wholeView ? totals.quantity : lines.reduce((total, line) => total + line.quantity, 0);
    const act = (key, image, run, kind = "") => h("button", { type: "button", class: kind, dataset: { bulk: key }, onclick: run }, image ? icon(image) : null, t(`bulk.${key}`));
    replace(this.places.picked, this.mayDecide && count ? [
      h("span", { class: "strong" }, t("grid.picked", { count, units: units(sum ?? 0) })),
      act("approve", "check", () => this.bulk({ action: "approve" }), "primary"), act("change", null, () => this.beside(({ changeForm }) => this.bulkForm(changeForm))), act("reject", "close", () => this.beside(({ rejectForm }) => this.bulkForm(rejectForm))),
      (this.wholeView ? this.state.show === "decided" : lines.some(mayWithdraw)) ? act("withdraw", "undo", () => this.beside(({ withdrawPicked }) => withdrawPicked(this), import("../grid/withdrawing.js"))) : null,
      act("unpick", null, () => { this.corner.checked = false; this.pickAll(false); }),
    ] : null, undo);
  }

  bulkForm(form) {
    this.clear();
    const cancel = () => { replace(this.places.bulk); this.focusBack(); };
    const check = h("div");
    const shown = form((change) => { shown.hidden = true; this.bulk(change, chosenOf(this), { place: check, onback: back }); }, cancel);
    const back = () => { shown.hidden = false; shown.querySelector("select, input").focus(); };
    replace(this.places.bulk, shown, check);
    shown.querySelector("select, input").focus();
  }

  bulk(change, lines = chosenOf(this), { place = this.places.bulk, onback = () => this.focusBack() } = {}) {
    this.clear();
    return askThenStore(place, { as_of: this.asOf, ...lines, ...change }, {
      signal: this.signal, onnothing: onback, onreload: () => { replace(this.places.bulk); this.renew(); }, onfail: (text) => this.fail(text),
      ondone: (answer) => {
        replace(this.places.bulk);
        return answer ? this.ondone(answer) : this.focusBack();
      },
    });
  }

  /** After a batch was stored: it can be undone, and everything is asked for anew. */
  async ondone(answer) {
    this.undoable.push({ what: t("grid.undo_lines", { count: answer.stored }), count: answer.stored, body: { withdraw_batch: answer.batch_id }, route: "bulk_decisions" });
    await this.renew();
    settle(this, { withLines: true });
    this.notice.textContent = t("decision.stored", { count: answer.stored });
    this.places.picked.querySelector("[data-bulk=undo]")?.focus();
  }

  /** Nothing is picked any more, and everything is asked for anew. */
  async renew() {
    this.clear();
    this.wholeView = this.corner.checked = false;
    this.picked.clear();
    await this.reload();
    this.draw();
    this.focusBack();
  }

  async undo() {
    const last = this.undoable.pop();
    if (!last) return;
    this.clear();
    try {
      await call(last.route, last.body, { signal: this.signal });
      this.notice.textContent = last.count > 1 ? t("withdraw.done", { count: last.count }) : t("decision.taken_back");
    } catch (error) {
      if (this.signal.aborted) return;
      this.fail(refusal(error));
      // not refused but unheard or busy: it can be asked for again
      if (!error.status || error.status >= 429) this.undoable.push(last);
    }
    await this.reload();
    this.draw();
    this.focusBack();
    settle(this, { withLines: true });
  }

  /** The focus after what held it is gone: the last that can be undone or the buttons of picked lines, else the grid. */
  focusBack() {
    (this.places.picked.querySelector("button") ?? this.table.element).focus();
  }

  /** A decision about one line; its row and the totals are asked for anew. */
  async decideOne(line, action, details = {}) {
    const copy = { ...line };
    // what somebody else decided meanwhile stands in the row before anybody decides anew
    await decide([copy], action, details).catch(async (error) => { if (error.details?.decided) await this.freshen(line); throw error; });
    this.typing.settled(keyOf(line), details.isTyped ? details.id : null);
    if (this.signal.aborted) return copy;
    this.undoable.push({ what: t("grid.undo_one", { product: line.product_name }), body: { withdraw: [copy.decision.id] }, route: "decisions" });
    // it is stored, also where its row does not come
    await this.freshen(line).catch((error) => { if (!this.signal.aborted) this.fail(error); });
    settle(this);
    this.notice.textContent = t("decision.stored", { count: 1 });
    return copy;
  }

  async freshen(line) {
    const fresh = await this.source.refreshLine(line);
    if (this.picked.has(keyOf(line)) && fresh) this.picked.set(keyOf(line), fresh);
    this.drawShows();
    this.drawSums();
    this.drawPicked();
    this.table.draw();
  }

  /** Runs a part of what opens beside the grid; says so where it cannot come. */
  beside(run, coming = panels()) {
    return coming.then(run, () => this.fail(new ApiError(0, "unreachable", "", {}))).catch((error) => { if (!this.signal.aborted) this.fail(error); });
  }

  onopen(line) {
    this.beside(({ addressOf }) => open(addressOf(line)));
  }

  /** What has come is printed; paper says where that is not all. */
  onpaper() {
    const [shown, total] = [this.source.come(), this.source.lines()];
    this.places.paper.textContent = shown < total ? t("grid.print_part", { shown, total }) : "";
    this.table.print(true);
  }

  frame() {
    const onfail = (error) => this.fail(error);
    const files = [exportButtons("suggestions", () => ({ ...asked(this.state), sort: sorted(this.state) }), { signal: this.signal, onfail, onsaved: (rows) => { this.notice.textContent = t("grid.saved", { count: rows }); }, onprint: () => this.beside(({ printAll }) => printAll(this)) }), this.mayDecide ? importButton({ signal: this.signal, onfail, onstart: () => replace(this.places.bulk), onread: (answer) => { this.clear(); this.beside(({ showFile }) => showFile(this, answer)); } }) : null];
    const { shows, conditions, sums, picked, offers, unsent, bulk, paper, nothing } = this.places;
    const tools = [h("div", { class: "toolbar" }, h("div", { class: "toolbar-start" }, searchBox(this.state, (search) => this.change({ search }, { replace: true })), conditions), h("div", { class: "toolbar-end" }, groupBox(this.state, (group) => this.change({ group, parts: [] })), h("div", { class: "buttons" }, files))), sums];
    replace(this.root, h("h1", {}, t("nav.orders")), shows, folded(t("grid.tools"), tools), this.notice, this.problem, picked, offers, unsent, bulk, paper, this.table.element, nothing);
    this.typing.isShown();
    this.root.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "z" && this.typing.undoes(event)) this.undo();
    }, { signal: this.signal });
    addEventListener("opened", () => this.beside(({ showOpen }) => showOpen(this)), { signal: this.signal });
    addEventListener("beforeprint", () => this.onpaper(), { signal: this.signal });
    addEventListener("afterprint", () => this.table.print(false), { signal: this.signal });
  }
}

export async function ordersView(root, context) {
  replace(root, h("h1", {}, t("nav.orders")), loading(10));
  const grid = new OrdersGrid(root, context);
  try {
    await firstLines(grid.source, grid.state);
  } catch (error) {
    if (context.signal.aborted) return;
    replace(root, h("h1", {}, t("nav.orders")), failed(error, () => ordersView(root, context)));
    if (error.status === 401) dispatchEvent(new CustomEvent("ask-key", { detail: error }));
    return;
  }
  if (context.signal.aborted) return;
  grid.frame();
  grid.draw();
  grid.notice.textContent = unknownText(grid.state.unknown);
  if (!grid.source.length()) grid.places.nothing.append(whyNothing("suggestions", grid.state.where, grid));
  // asked for while the line is up; a line of the address is opened
  panels().then(({ showBatches, showOpen }) => { showBatches(grid); return showOpen(grid); }).catch((error) => { if (!context.signal.aborted && openNames().length) grid.fail(error); });
}
