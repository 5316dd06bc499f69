// Quantities that are typed in the grid: checked, sent, offered where they go beyond a limit, kept where they were not stored.

import { refusal } from "../decisions.js";
import { h, name } from "../dom.js";
import { number, t } from "../i18n.js";
import { kept, newId } from "../kept.js";
import { isPassing } from "../problems.js";
import { dropTyped, isShownHere, keepTyped } from "../unsent.js";
import { keyOf } from "./source.js";

/** Where quantities stand that were sent and have not come, by line, so that they outlive the view. */
const UNSENT = "quantities";
const unsentRows = () => kept(UNSENT)?.value?.rows ?? {};

function keepUnsent(rows) {
  const count = Object.keys(rows).length;
  if (count) keepTyped(UNSENT, { rows, unsent: { of: ["unsent.quantities", { count }], address: "#/orders?show=all" } });
  else if (kept(UNSENT)) dropTyped(UNSENT);
}

/** Of a line what a decision needs and a sentence says. */
const lineOf = ({ store_id, product_id, store_name, product_name, as_of, order_quantity, quantity, decision }) => ({ store_id, product_id, store_name, product_name, as_of, order_quantity, quantity, decision: decision ? { decision_id: decision.decision_id } : null });

/** What typing in the cells of a grid does; what it offers stands in `place`, at most one a line. */
export class Typing {
  constructor(grid, place) {
    this.grid = grid;
    this.place = place;
    this.offers = new Map();
    /** What was typed and is not stored, by line: rows of the grid are drawn anew while it stands. */
    this.kept = new Map();
    if (grid.mayDecide) this.takeUp();
  }

  /** What could not be sent when the view was left stands in it again. */
  takeUp() {
    Object.entries(unsentRows()).forEach(([key, { line, amount, confirmed, id }]) => {
      this.kept.set(key, String(amount));
      this.offerAgain(line, amount, { confirmed, id });
    });
    // what was on its way may have come since
    const look = () => { const rows = unsentRows(); [...this.offers].filter(([key, offer]) => offer.dataset.taken && rows[key]?.id !== offer.dataset.taken).forEach(([key]) => { this.drop(key); this.grid.table.draw(); }); };
    addEventListener("unsent", look, { signal: this.grid.signal });
  }

  /** On the screen by now, so that nothing else need tell of it. */
  isShown() {
    if (this.grid.mayDecide) isShownHere(UNSENT, this.place);
  }

  /** What stands in the field of a line: what was typed and is not stored, else what counts. */
  textOf(line) { return this.kept.get(keyOf(line)) ?? String(line.quantity); }

  isKept(line) { return this.kept.has(keyOf(line)); }

  typed(line, input) {
    const amount = Number(input.value);
    this.grid.clear();
    this.drop(keyOf(line));
    if (input.value === "" || !Number.isFinite(amount) || amount < 0) {
      this.keep(line, input);
      this.grid.fail(t("grid.of_line", { product: line.product_name, store: line.store_name, problem: t("decision.wrong_quantity") }));
      return null;
    }
    return amount === line.quantity ? null : this.send(line, amount, { input });
  }

  /** Enter keeps the quantity and goes on to the next line; with Shift to the one before. */
  enter(line, step) {
    const rows = [...this.grid.table.element.querySelectorAll("input.quantity")];
    const here = rows.findIndex((one) => one.closest("tr").dataset.key === keyOf(line));
    const next = rows[here + step];
    if (next) next.focus();
    else rows[here]?.blur();
  }

  /** Sends a quantity; where it goes beyond a limit it is offered, this one and no other. */
  async send(line, amount, { input = null, confirmed = false, id = newId() }) {
    const key = keyOf(line);
    keepUnsent({ ...unsentRows(), [key]: { line: lineOf(line), amount, confirmed, id } });
    try {
      await this.grid.decideOne(line, "change", { quantity: amount, confirmed, id, isTyped: true });
    } catch (error) {
      if (!isPassing(error)) this.forget(key, id);
      if (this.grid.signal.aborted) return;
      this.grid.fail(t("grid.of_line", { product: line.product_name, store: line.store_name, problem: refusal(error) }));
      // another quantity was typed meanwhile: what is refused now is not what the cell says
      if (input && input.value !== "" && Number(input.value) !== amount) return;
      // what somebody else decided stands in the row by now: it is not covered by what was typed before
      if (error.details?.decided) return;
      this.keep(line, input, amount);
      if (error.code === "unconfirmed") this.offer(line, amount, { input, label: t("decision.confirm", { units: number(amount, 3) }), dataset: { bulk: "confirm" }, confirmed: true });
      else if (isPassing(error)) this.offerAgain(line, amount, { input, confirmed, id });
    }
  }

  /** A quantity that was sent and has not come is offered once more, under its id: it may have been stored unheard. */
  offerAgain(line, amount, { input = null, confirmed, id }) {
    this.offer(line, amount, { input, said: t("grid.not_stored", { units: number(amount, 3) }), label: t("grid.send_again"), dataset: { bulk: "again", taken: id }, confirmed, id });
  }

  keep(line, input, amount = "") {
    this.kept.set(keyOf(line), input?.value ?? String(amount));
    if (input) this.mark(line, input);
  }

  /** Nothing more is to be sent of this one; a later one of the same line stays. */
  forget(key, id = null) {
    const { [key]: mine, ...others } = unsentRows();
    if (mine && (id === null || mine.id === id)) keepUnsent(others);
  }

  /** Marks a field whose text is not stored, and takes the mark away. */
  mark(line, input) {
    if (this.isKept(line)) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  offer(line, amount, { input = null, said, label, dataset: { taken = null, ...dataset }, confirmed, id }) {
    const key = keyOf(line);
    this.offers.get(key)?.remove();
    const go = () => { this.grid.clear(); this.drop(key); this.send(this.grid.source.line(key) ?? line, amount, { input: this.field(key) ?? input, confirmed, id }); };
    const cancel = () => { this.grid.clear(); this.drop(key); const field = this.field(key) ?? input; if (field) this.restore(this.grid.source.line(key) ?? line, field); (field ?? this.grid.table.element).focus(); };
    const element = h("p", { class: "buttons", dataset: taken ? { taken } : {} }, name(line.product_name), " · ", name(line.store_name), said ? ` · ${said}` : null, " ", h("button", { type: "button", dataset, onclick: go }, label), h("button", { type: "button", onclick: cancel }, t("action.cancel")));
    this.offers.set(key, element);
    this.place.append(element);
  }

  /** The field of a line as it is drawn now; null where it is not. */
  field(key) { return this.grid.table.element.querySelector(`tr[data-key="${CSS.escape(key)}"] input.quantity`); }

  /** Puts what counts back into a field. */
  restore(line, input) {
    input.value = String(line.quantity);
    this.mark(line, input);
  }

  /**
   * Whether Ctrl+Z takes the last decision back, wherever nothing was typed; in a quantity that was typed over it brings
   * back the one that counts. Of a field whose value a script set, the browser's own undo makes other digits.
   */
  undoes(event) {
    const box = event.target.closest("input:not([type=checkbox]), select, textarea");
    const line = box?.matches("input.quantity") ? this.grid.source.line(box.closest("tr").dataset.key) : null;
    if (box && !line) return false;
    event.preventDefault();
    if (!line || box.value === String(line.quantity)) return true;
    this.grid.clear();
    this.drop(keyOf(line));
    this.restore(line, box);
    return false;
  }

  /** Takes away what a line was offered and what was typed: another quantity takes its place. */
  drop(key) {
    this.kept.delete(key);
    this.offers.get(key)?.remove();
    this.offers.delete(key);
    // last, so that nothing is drawn anew under the fingers of who types: the field holds what is typed by now
    this.forget(key);
  }

  /** A decision on a line was stored: nothing that was typed for it stands any more, but a quantity that was sent after it. */
  settled(key, id) {
    if (id && unsentRows()[key] && unsentRows()[key].id !== id) return;
    this.drop(key);
  }

  /** Whether a quantity was typed that is not stored. */
  isBusy() {
    return this.offers.size > 0 || this.kept.size > 0 || document.activeElement?.classList.contains("quantity");
  }

  /** The same for another view; what could not be sent stays. */
  dropAll() {
    [...new Set([...this.offers.keys(), ...this.kept.keys()])].filter((key) => !this.offers.get(key)?.querySelector("[data-bulk=again]")).forEach((key) => this.drop(key));
  }
}
