// Requests about many lines that were sent and have not come: each is kept under its own id, told, and sent or given up by itself.

import { h, replace } from "../dom.js";
import { t } from "../i18n.js";
import { kept, keptNames } from "../kept.js";
import { isShownHere } from "../unsent.js";
import { BATCH, dropBatch, nameOfBatch } from "./deciding.js";

/** What is kept, the oldest first: [name, request]. */
function keptBatches() {
  const all = keptNames().filter((one) => one.startsWith(BATCH)).map((one) => [one, kept(one)]).filter(([, found]) => found?.value?.request);
  return all.sort(([, one], [, other]) => one.at - other.at).map(([one, { value }]) => [one, value.request]);
}

/** Tells of all that were not sent, with their count and for each a way to send it and one to give it up; the one that is being checked stands there instead. */
export function showBatches(grid) {
  if (!grid.mayDecide || grid.signal.aborted) return;
  const { bulk, unsent: place } = grid.places;
  const button = (which, key, onclick) => h("button", { type: "button", dataset: { bulk: which }, onclick }, t(key));
  const row = (request) => h("p", { class: "notice warn buttons", dataset: { batchUnsent: request.batch_id } }, t("unsent.of", { what: t(...nameOfBatch(request)) }), " ", button("batch-again", "grid.send_again", () => grid.bulk(request, {})), button("batch-drop", "unsent.drop", () => { dropBatch(request); grid.focusBack(); }));
  let drawn = "";
  const draw = () => {
    const all = keptBatches();
    all.forEach(([one]) => isShownHere(one, place));
    const left = all.map(([, request]) => request).filter(({ batch_id: id }) => !bulk.querySelector(`[data-batch="${CSS.escape(id)}"]`));
    const ids = left.map(({ batch_id: id }) => id).join(" ");
    if (ids === drawn) return; // a button that has the focus keeps it
    drawn = ids;
    replace(place, left.length ? h("div", { role: "status", dataset: { unsent: left.length } }, left.length > 1 ? h("p", { class: "strong" }, t("unsent.batches", { count: left.length })) : null, left.map(row)) : null);
  };
  addEventListener("unsent", draw, { signal: grid.signal });
  new MutationObserver(draw).observe(bulk, { childList: true, subtree: true });
  draw();
}
