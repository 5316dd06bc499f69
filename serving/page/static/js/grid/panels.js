// What opens beside the grid: one line with its history, and the changes that a file asks for.

import { call, calledName } from "../api.js";
import { h, icon, name, replace } from "../dom.js";
import { t } from "../i18n.js";
import { close, isOpen, openNames, patchParams } from "../route.js";
import { storeName } from "../suggestions.js";
import { lineDetail } from "../views/line.js";
import { prepared } from "./columns.js";
import { askThenStore, beyondText } from "./deciding.js";
import { changesShown, MOST_PRINTED } from "./files.js";
import { historyPanel } from "./history.js";
import { keyOf } from "./source.js";

export { showBatches } from "./batches.js";
export { changeForm, rejectForm } from "./change_forms.js";

/** A line in the address: its two ids, either of which may hold a colon. */
const part = (id) => id.replace(/[%:]/g, encodeURIComponent);
export const addressOf = (line) => `${part(line.store_id)}:${part(line.product_id)}`;

function readAddress(text) {
  try {
    const [storeId, productId] = text.split(":").map(decodeURIComponent);
    return { store_id: storeId, product_id: productId ?? "" };
  } catch {
    return { store_id: text, product_id: "" };
  }
}

/** One that was closed is there until its event has come. */
const openBox = () => document.querySelector("dialog.line-box[open]");

/** Opens the panel of the line that the address names, closes it where it names none, or says that the line is gone. */
export async function showOpen(grid) {
  const which = openNames().at(-1) ?? null;
  const shown = openBox();
  if (shown?.dataset.open === which) return;
  shown?.close();
  if (which === null) return;
  const ids = readAddress(which);
  const line = grid.source.line(keyOf(ids)) ?? (await grid.source.oneLine(ids));
  if (grid.signal.aborted || !isOpen(which) || openBox()) return;
  if (line) {
    openLine(grid, line, which);
    return;
  }
  patchParams({ open: null });
  grid.notice.textContent = t("grid.line_gone", { product: calledName("product", ids.product_id), store: storeName(ids.store_id) });
}

/** How a line was calculated, what was decided about it, and what one may do. */
function openLine(grid, line, which) {
  const leave = () => close(which);
  const box = h("dialog", { class: "line-box", "aria-label": line.product_name, dataset: { open: which }, oncancel: (event) => { event.preventDefault(); leave(); }, onclose: () => {
    box.remove();
    if (grid.signal.aborted) return;
    leave(); // the browser itself may close it
    grid.table.element.querySelector(`tr[data-key="${CSS.escape(keyOf(line))}"] [data-field=open]`)?.focus();
  } });
  const decideHere = async (_, action, details) => {
    await grid.decideOne(line, action, details);
    leave();
  };
  const takeBack = async () => {
    await call("decisions", { withdraw: [line.decision.decision_id] }, { signal: grid.signal });
    await grid.freshen(line);
    grid.notice.textContent = t("decision.taken_back");
    leave();
  };
  const title = h("h2", {}, name(line.product_name), h("span", { class: "hint" }, " ", name(line.store_name)));
  replace(box,
    h("div", { class: "panel-head" }, title, h("button", { type: "button", class: "ghost", "aria-label": t("action.close"), onclick: leave }, icon("close"))),
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
  replace(place, h("section", { class: "panel", "aria-label": t("changes.title") }, h("h2", {}, t("changes.title"), " ", name(answer.file_name, { class: "hint" })), changesShown(answer), check));
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
