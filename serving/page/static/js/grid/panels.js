// What opens beside the grid: one line with its history, and the changes that a file asks for.

import { call } from "../api.js";
import { h, icon, name, replace } from "../dom.js";
import { t } from "../i18n.js";
import { lineDetail } from "../views/line.js";
import { prepared } from "./columns.js";
import { askThenStore, beyondText } from "./deciding.js";
import { changesShown, MOST_PRINTED } from "./files.js";
import { historyPanel } from "./history.js";
import { keyOf } from "./source.js";

/** How a line was calculated, what was decided about it, and what one may do. */
export function openLine(grid, line) {
  const box = h("dialog", { class: "line-box", "aria-label": line.product_name, onclose: () => {
    box.remove();
    grid.table.element.querySelector(`tr[data-key="${CSS.escape(keyOf(line))}"] [data-field=open]`)?.focus();
  } });
  const decideHere = async (_, action, details) => {
    await grid.decideOne(line, action, details);
    box.close();
  };
  const takeBack = async () => {
    await call("decisions", { withdraw: [line.decision.decision_id] }, { signal: grid.signal });
    await grid.freshen(line);
    grid.notice.textContent = t("decision.taken_back");
    box.close();
  };
  const title = h("h2", {}, name(line.product_name), h("span", { class: "hint" }, " ", name(line.store_name)));
  replace(box,
    h("div", { class: "panel-head" }, title, h("button", { type: "button", class: "ghost", "aria-label": t("action.close"), onclick: () => box.close() }, icon("close"))),
    lineDetail(prepared(line), { asOf: grid.asOf, canDecide: grid.mayDecide, ondecide: decideHere, onback: takeBack, signal: grid.signal }),
    historyPanel(line, { mayComment: grid.mayDecide, signal: grid.signal, oncomment: () => grid.freshen(line).catch((error) => { if (!grid.signal.aborted) grid.fail(error); }) }));
  document.body.append(box);
  grid.signal.addEventListener("abort", () => box.close(), { once: true });
  box.showModal();
}

/** Has all lines come before they are printed; of more than paper can hold it says so. */
export async function printAll(grid) {
  const count = grid.source.lines();
  if (count > MOST_PRINTED) {
    grid.fail(t("grid.print_many", { count, most: MOST_PRINTED }));
    return;
  }
  grid.notice.textContent = t("grid.print_loading", { count });
  await grid.source.loadAll();
  grid.notice.textContent = "";
  print();
}

/** What a file changes; it is checked and stored like every other change of many lines. */
export function showFile(grid, answer) {
  const check = h("div");
  const place = grid.places.bulk;
  replace(place, h("section", { class: "panel", "aria-label": t("changes.title") }, h("h2", {}, t("changes.title")), changesShown(answer), check));
  if (!answer.lines.length) {
    replace(check, h("button", { type: "button", onclick: () => { replace(place); grid.root.querySelector("[data-action=import]")?.focus(); } }, t("action.close")));
    check.querySelector("button").focus();
    return;
  }
  const lines = answer.lines.map(({ store_id, product_id, seen_quantity, order_quantity, reason }) => ({ store_id, product_id, seen_quantity, order_quantity, ...(reason ? { reason } : {}) }));
  askThenStore(check, { as_of: grid.asOf, action: "change", packs: null, lines, seen_newest_decision: answer.newest_decision }, {
    signal: grid.signal, onfail: (text) => grid.fail(text), onreload: () => { replace(place); grid.renew(); },
    onchecked: ({ beyond }) => beyond.forEach((row) => { place.querySelector(`[data-note="${CSS.escape(keyOf(row))}"]`)?.append(h("span", { class: "sub warn" }, beyondText(row))); }),
    ondone: (done) => {
      replace(place);
      if (done) grid.ondone(done);
      else grid.root.querySelector("[data-action=import]")?.focus();
    },
  });
}
