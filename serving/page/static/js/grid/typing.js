// Quantities that are typed in the grid: checked, sent, offered where they go beyond a limit, kept where they were not stored.

import { refusal } from "../decisions.js";
import { h, name } from "../dom.js";
import { number, t } from "../i18n.js";
import { isPassing } from "../problems.js";
import { keyOf } from "./source.js";

/** What typing in the cells of a grid does; what it offers stands in `place`, at most one a line. */
export class Typing {
  constructor(grid, place) {
    this.grid = grid;
    this.place = place;
    this.offers = new Map();
    /** What was typed and is not stored, by line: rows of the grid are drawn anew while it stands. */
    this.kept = new Map();
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
  async send(line, amount, { input, confirmed = false }) {
    try {
      await this.grid.decideOne(line, "change", { quantity: amount, confirmed });
    } catch (error) {
      if (this.grid.signal.aborted) return;
      this.grid.fail(t("grid.of_line", { product: line.product_name, store: line.store_name, problem: refusal(error) }));
      // another quantity was typed meanwhile: what is refused now is not what the cell says
      if (input.value !== "" && Number(input.value) !== amount) return;
      // what somebody else decided stands in the row by now: it is not covered by what was typed before
      if (error.details?.decided) return;
      this.keep(line, input);
      if (error.code === "unconfirmed") this.offer(line, amount, { input, label: t("decision.confirm", { units: number(amount, 3) }), dataset: { bulk: "confirm" }, confirmed: true });
      else if (isPassing(error)) this.offer(line, amount, { input, said: t("grid.not_stored", { units: number(amount, 3) }), label: t("grid.send_again"), dataset: { bulk: "again" }, confirmed });
    }
  }

  keep(line, input) {
    this.kept.set(keyOf(line), input.value);
    this.mark(line, input);
  }

  /** Marks a field whose text is not stored, and takes the mark away. */
  mark(line, input) {
    if (this.isKept(line)) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  offer(line, amount, { input, said, label, dataset, confirmed }) {
    const key = keyOf(line);
    this.offers.get(key)?.remove();
    const go = () => { this.grid.clear(); this.drop(key); this.send(this.grid.source.line(key) ?? line, amount, { input: this.field(key) ?? input, confirmed }); };
    const cancel = () => { this.grid.clear(); this.drop(key); const field = this.field(key) ?? input; this.restore(this.grid.source.line(key) ?? line, field); field.focus(); };
    const element = h("p", { class: "buttons" }, name(line.product_name), " · ", name(line.store_name), said ? ` · ${said}` : null, " ", h("button", { type: "button", dataset, onclick: go }, label), h("button", { type: "button", onclick: cancel }, t("action.cancel")));
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

  /** Takes away what a line was offered and what was typed: another quantity takes its place. */
  drop(key) {
    this.kept.delete(key);
    this.offers.get(key)?.remove();
    this.offers.delete(key);
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
