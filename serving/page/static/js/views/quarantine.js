// Quarantine: rows that an ingest set aside, with their reasons; mended here and brought in.

import { call, everyRow } from "../api.js";
import { csvButton } from "../csv.js";
import { h, name, replace, words } from "../dom.js";
import { forgetDraft, keepDraft } from "../drafts.js";
import { code, day, has, number, t } from "../i18n.js";
import { problemWords } from "../problems.js";
import { address } from "../route.js";
import { empty, fill } from "../states.js";
import { dataTable } from "../table.js";

/** Problems that say that no row is there to be mended any more: the correction came without our hearing. */
const GONE = ["rows_not_set_aside", "nothing_set_aside"];
const draftName = (table) => `quarantine ${table}`;
const SHOWN = 50;
const MOST = 1000;
const ABOUT = ["quarantine_id", "dataset", "reasons", "line", "set_aside_on"];

/** The folder of files that were sent from the page: a place of the service that says nothing to a person. */
const SENT = /(^|\/)up_[0-9a-f]+$/;

/** Why rows were set aside, `COLUMN: WHY; ...`, in the words of the page where it has them. */
function whyText(reasons) {
  return (reasons ?? "").split("; ").map((one) => {
    const [column, why] = one.split(/: (.*)/s);
    return why && has(`set_aside.${why}`) ? t("quarantine.why", { column, why: t(`set_aside.${why}`) }) : one;
  }).join(t("word.list"));
}

function counts(answer) {
  if (!answer.counts.length) return empty(t("quarantine.none"), t("quarantine.none_hint"));
  const columns = [
    { key: "table", label: t("quarantine.table"), align: "product", value: (row) => code("data_table", row.table), cell: (row) => [h("a", { href: address("quarantine", { table: row.table }) }, name(code("data_table", row.table), { class: "strong" })), name(row.table, { class: "sub" })] },
    { key: "rows", label: t("quarantine.rows"), align: "number", first: "descending", value: (row) => row.rows, cell: (row) => number(row.rows) },
    { key: "reasons", label: t("quarantine.reasons"), align: "reason", value: (row) => row.reasons, cell: (row) => words(whyText(row.reasons)) },
    { key: "dataset", label: t("quarantine.dataset"), value: (row) => row.dataset, cell: (row) => (SENT.test(row.dataset) ? t("jobs.sent_files") : name(row.dataset)) },
  ];
  return dataTable({ columns, rows: answer.counts, caption: t("nav.quarantine") }).element;
}

/** One row with its reason and a box for each value; `changed` tells what is not as it was found. */
function rowCard(row, columns, mayWrite) {
  const boxes = columns.map((column) => h("input", { name: column, dataset: { row: row.quarantine_id }, value: row[column] ?? "", disabled: !mayWrite, autocomplete: "off" }));
  const element = h("li", { class: "panel set-aside" }, h("p", { class: "form-problem" }, words(whyText(row.reasons))), row.set_aside_on ? h("p", { class: "hint" }, t("quarantine.since", { day: day(row.set_aside_on, "long") })) : null, h("div", { class: "pickers" }, boxes.map((box, index) => h("label", { class: "field" }, h("span", {}, columns[index]), box))));
  const mended = () => ({ ...row, ...Object.fromEntries(columns.map((column, index) => [column, boxes[index].value === "" ? null : boxes[index].value])) });
  return { element, mended, isChanged: () => columns.some((column, index) => boxes[index].value !== (row[column] ?? "")) };
}

function shownRows(table, answer, again, signal) {
  const columns = answer.columns.filter((column) => !ABOUT.includes(column));
  const cards = answer.rows.map((row) => rowCard(row, columns, answer.may_write));
  const message = h("div", { role: "alert" });
  const wrong = (error) => { if (!signal.aborted) replace(message, h("p", { class: "form-problem" }, problemWords(error))); };
  const save = csvButton(`quarantine-${table}.csv`, answer.columns, () => everyRow("quarantine", "rows", { action: "show", table }, { limit: MOST, signal }), wrong);
  const retry = async (event) => {
    event.preventDefault();
    const changed = cards.filter((card) => card.isChanged()).map((card) => card.mended());
    if (!changed.length && forgetDraft(draftName(table))) { again(t("quarantine.gone")); return; }
    if (!changed.length) { replace(message, h("p", { class: "form-problem" }, t("quarantine.change_first"))); return; }
    button.disabled = true;
    try {
      const done = await draft.send(() => call("quarantine", { action: "retry", table, rows: changed }));
      if (!signal.aborted) again(t("quarantine.done", { good: done.brought_in, bad: done.still_bad }));
    } catch (error) {
      if (!signal.aborted && GONE.includes(error.details?.problem)) { again(t("quarantine.gone")); return; }
      wrong(error);
      button.disabled = false;
    }
  };
  const button = h("button", { type: "submit", class: "primary", dataset: { action: "retry" } }, t("quarantine.retry"));
  const form = h("form", { novalidate: true, onsubmit: retry },
    h("div", { class: "toolbar" }, h("p", { class: "hint" }, t("table.shown", { shown: cards.length, total: answer.total })),
      h("div", { class: "toolbar-end buttons" }, save,
        answer.may_write ? button : null)),
    message, h("ul", { class: "set-aside-rows" }, cards.map((card) => card.element)));
  const draft = keepDraft(form, draftName(table), { of: ["unsent.quarantine", { table: code("data_table", table) }], onlyUnsent: true });
  form.prepend(draft.notice);
  return form;
}

export async function quarantineView(root, { params, signal }) {
  const table = params.get("table");
  const [note, place] = [h("p", { class: "notice", role: "status" }), h("div", { class: "result" })];
  replace(root, table ? h("p", { class: "back" }, h("a", { href: address("quarantine") }, t("quarantine.all"))) : null, h("h1", {}, t("nav.quarantine"), table ? [" · ", name(code("data_table", table))] : null), h("p", { class: "intro" }, t(table ? "quarantine.mend" : "quarantine.intro")), note, place);
  const draw = (said) => {
    replace(note, said);
    return fill(place, signal, async () => {
      try {
        return table ? shownRows(table, await call("quarantine", { action: "show", table, limit: SHOWN }, { signal }), draw, signal) : counts(await call("quarantine", {}, { signal }));
      } catch (error) {
        if (error.status === 404 && forgetDraft(draftName(table))) replace(note, t("quarantine.gone"));
        if (error.status === 404) return empty(t("quarantine.none"), t("quarantine.none_hint"));
        throw error;
      }
    }, { lines: 6 });
  };
  await draw(null);
}
