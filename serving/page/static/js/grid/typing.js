// Quantities that are typed in the grid: checked, sent, and offered where they go beyond a limit.

import { refusal } from "../decisions.js";
import { h, name } from "../dom.js";
import { number, t } from "../i18n.js";
import { keyOf } from "./source.js";

/** What typing in the cells of a grid does; its offers stand in `place`, at most one a line. */
export class Typing {
  constructor(grid, place) {
    this.grid = grid;
    this.place = place;
    this.offers = new Map();
  }

  typed(line, input) {
    const amount = Number(input.value);
    this.grid.clear();
    this.drop(keyOf(line));
    const restore = () => { input.value = String(line.quantity); };
    if (input.value === "" || !Number.isFinite(amount) || amount < 0) { this.grid.fail(t("decision.wrong_quantity")); restore(); return null; }
    return amount === line.quantity ? null : this.send(line, amount, { input, restore });
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
  async send(line, amount, { input, restore, confirmed = false }) {
    try {
      await this.grid.decideOne(line, "change", { quantity: amount, confirmed });
    } catch (error) {
      if (this.grid.signal.aborted) return;
      this.grid.fail(refusal(error));
      // another quantity was typed meanwhile: what is refused now is not what the cell says
      if (input.value !== "" && Number(input.value) !== amount) return;
      if (error.code === "unconfirmed") this.offer(line, amount, { input, restore });
      else restore();
    }
  }

  offer(line, amount, { input, restore }) {
    const key = keyOf(line);
    this.drop(key);
    const confirm = () => { this.grid.clear(); this.drop(key); this.send(line, amount, { input, restore, confirmed: true }); };
    const cancel = () => { this.grid.clear(); this.drop(key, { restores: true }); input.focus(); };
    const element = h("p", { class: "buttons" }, name(line.product_name), " ", h("button", { type: "button", dataset: { bulk: "confirm" }, onclick: confirm }, t("decision.confirm", { units: number(amount, 3) })), h("button", { type: "button", onclick: cancel }, t("action.cancel")));
    this.offers.set(key, { element, restore });
    this.place.append(element);
  }

  /** Takes away what a line was offered: it was for another quantity, or for the view before. */
  drop(key, { restores = false } = {}) {
    const offered = this.offers.get(key);
    if (!offered) return;
    this.offers.delete(key);
    offered.element.remove();
    if (restores) offered.restore();
  }

  dropAll() {
    [...this.offers.keys()].forEach((key) => this.drop(key, { restores: true }));
  }
}
