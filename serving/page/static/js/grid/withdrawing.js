// Takes the decisions on many lines back: says first how many and whose, and what stays because it was exported.

import { call, everyRow } from "../api.js";
import { AT_ONCE, mayWithdraw, refusal } from "../decisions.js";
import { h, icon, onEscape, replace } from "../dom.js";
import { t } from "../i18n.js";
import { asked } from "./state.js";

const PAGE = 1000;

/** What would be taken back, by whom it was decided, and what stays. */
function summary(lines, open) {
  const exported = lines.filter((line) => line.decision?.exported_at).length;
  const none = lines.filter((line) => !line.decision).length;
  const by = new Map();
  open.forEach(({ decision }) => by.set(decision.decided_by, (by.get(decision.decided_by) ?? 0) + 1));
  const whose = [...by].map(([who, count]) => t("withdraw.by", { who, count })).join(t("word.list"));
  const stays = [exported ? t("bulk.skipped.exported", { count: exported }) : null, none ? t("withdraw.none", { count: none }) : null].filter(Boolean);
  return h("div", { class: "difference", role: "status" },
    h("p", {}, h("strong", {}, t("withdraw.lines", { count: open.length })), t("sentence.space"), whose),
    open.length ? h("p", { class: "hint" }, t("withdraw.help")) : null,
    stays.length ? h("p", { class: "hint" }, stays.join(t("sentence.space"))) : null);
}

/**
 * Shows what is taken back and, once confirmed, does it.
 * @param {object[] | null} picked lines as they were seen; null: all lines of `view`
 * @param {object} options view, signal, oncancel(), ondone(count), onfail(error)
 */
async function askThenWithdraw(place, picked, { view, signal, oncancel, ondone, onfail }) {
  const cancel = () => { replace(place); oncancel(); };
  const fail = (error) => { if (!signal.aborted) { replace(place); onfail(error); } };
  replace(place, h("p", { class: "hint", role: "status" }, t("state.loading")));
  let lines = picked;
  try {
    lines ??= await everyRow("listing", "rows", { table: "suggestions", ...view }, { limit: PAGE, signal });
  } catch (error) {
    fail(error);
    return;
  }
  const open = lines.filter(mayWithdraw);
  const run = async () => {
    apply.disabled = true;
    const ids = open.map((line) => line.decision.decision_id);
    let taken = 0;
    try {
      for (; taken < ids.length; taken += AT_ONCE) await call("decisions", { withdraw: ids.slice(taken, taken + AT_ONCE) }, { signal });
    } catch (error) {
      // what was taken back before stays so, and is said beside the fault
      if (taken && !signal.aborted) await ondone(taken);
      fail(error);
      return;
    }
    replace(place);
    ondone(ids.length);
  };
  const apply = h("button", { type: "button", class: "primary", dataset: { bulk: "withdraw-apply" }, onclick: run }, icon("undo"), t("withdraw.apply", { count: open.length }));
  const stop = h("button", { type: "button", dataset: { bulk: "cancel" }, onclick: cancel }, t("action.cancel"));
  replace(place, summary(lines, open), onEscape(h("p", { class: "buttons" }, open.length ? apply : null, stop), cancel));
  (open.length ? apply : stop).focus();
}

/** The decisions on the lines that are picked in the grid, or on its whole view. */
export function withdrawPicked(grid) {
  grid.clear();
  return askThenWithdraw(grid.places.bulk, grid.wholeView ? null : [...grid.picked.values()], {
    view: asked(grid.state), signal: grid.signal, onfail: (error) => grid.fail(refusal(error)), oncancel: () => grid.focusBack(),
    ondone: async (count) => { await grid.renew(); grid.notice.textContent = t("withdraw.done", { count }); },
  });
}
