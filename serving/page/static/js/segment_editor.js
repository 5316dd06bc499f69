// Writes a segment's expression: the text, the columns that it may name, its problem with a mend, and its count.

import { call, remembered } from "./api.js";
import { h, name, replace, words } from "./dom.js";
import { code, has, number, percent, t } from "./i18n.js";
import { problemWords } from "./problems.js";

const TABLES = ["people", "bought", "did", "contacted", "responded", "stores"];
const EXAMPLES = ["sleeping", "dear", "lately", "bag"];

/** In the page's words, else in those of the service's dictionary; nothing of a column that the data brought along. */
const meaning = ({ column, meaning: said }) => (has(`segment_column.${column}`) ? t(`segment_column.${column}`) : (said ?? ""));

/** Puts a word where the cursor is, with a blank on each side where one is wanted. */
function insertInto(box, word) {
  const { selectionStart: from, selectionEnd: until, value } = box;
  const before = value.slice(0, from), after = value.slice(until);
  const text = `${before && !/[\s(]$/.test(before) ? " " : ""}${word}${after.startsWith(" ") ? "" : " "}`;
  box.setRangeText(text, from, until, "end");
  box.focus();
  box.dispatchEvent(new Event("input"));
}

/** The columns of one table, found by name or meaning; a press puts one into the text. */
function columnHelp(box, signal) {
  const list = h("ul", { class: "columns", "aria-label": t("segment.columns") });
  const table = h("select", { "aria-label": t("segment.of_table") }, TABLES.map((one) => h("option", { value: one }, t(`segment_table.${one}`))));
  const find = h("input", { type: "search", placeholder: t("segment.find_column"), "aria-label": t("segment.find_column") });
  let columns = [];
  const draw = () => {
    const wanted = find.value.trim().toLocaleLowerCase();
    const shown = columns.filter((one) => one.table === table.value && `${one.column} ${meaning(one)}`.toLocaleLowerCase().includes(wanted));
    replace(list, shown.map((one) => h("li", {}, h("button", { type: "button", class: "ghost", dataset: { column: one.column }, onclick: () => insertInto(box, one.column) },
      h("code", {}, one.column), h("span", { class: "hint" }, [meaning(one), t(`segment_kind.${one.kind}`)].filter(Boolean).join(" · "))))));
    if (!shown.length) replace(list, h("li", { class: "hint" }, t("search.nothing")));
  };
  table.addEventListener("change", draw);
  find.addEventListener("input", draw);
  const ask = async () => {
    try {
      columns = (await remembered("segments", { action: "columns" }, { signal })).columns;
      draw();
    } catch (error) {
      if (!signal.aborted) replace(list, h("li", { class: "form-problem" }, problemWords(error)));
    }
  };
  ask();
  return h("section", { class: "panel side" }, h("h2", {}, t("segment.columns")), h("p", { class: "hint" }, t("segment.columns_hint")), h("div", { class: "column-search" }, table, find), list);
}

/** How the language is written, in examples that a press takes over. */
function language(box) {
  const examples = EXAMPLES.map((one) => {
    const text = t(`segment_example.${one}.text`);
    const take = () => { box.value = text; box.focus(); box.dispatchEvent(new Event("input")); };
    return h("li", {}, h("button", { type: "button", class: "ghost", dataset: { example: one }, onclick: take }, h("code", {}, text)), h("span", { class: "hint" }, t(`segment_example.${one}`)));
  });
  return h("details", { class: "language-help" }, h("summary", {}, t("segment.how")), h("p", { class: "hint" }, t("segment.how_text")), h("ul", { class: "examples" }, examples));
}

/** People of a count: of how many, how many may be reached, and by which channels. */
export function countFigures(count, warnings = []) {
  const one = (label, value, hint) => h("div", { class: "figure" }, h("dt", {}, label), h("dd", {}, value), hint ? h("dd", { class: "hint" }, hint) : null);
  const channels = Object.entries(count.channels).sort((a, b) => b[1] - a[1]);
  const most = Math.max(...channels.map(([, people]) => people), 1);
  return [
    h("dl", { class: "figures" },
      one(t("segment.people"), number(count.people), t("segment.of", { total: count.of, share: percent(count.of ? count.people / count.of : null) })),
      one(t("segment.contactable"), number(count.contactable), percent(count.people ? count.contactable / count.people : null))),
    channels.length ? h("ul", { class: "exclusions reach" }, channels.map(([channel, people]) => h("li", {}, h("span", {}, code("channel", channel)), h("span", { class: "amount" }, number(people)), h("span", { class: "bar" }, h("i", { style: { width: `${(people / most) * 100}%` } }))))) : null,
    warnings.map((warning) => h("p", { class: "form-problem" }, words(warning))),
  ];
}

/**
 * @param {object} options text, signal, oncount(isCounted): whether the text as it stands was counted
 * @returns element, help, text(), count()
 */
export function segmentEditor({ text, signal, oncount }) {
  const box = h("textarea", { name: "expression", rows: "4", required: true, spellcheck: "false", class: "expression", maxlength: "20000", placeholder: t("segment.placeholder") });
  box.value = text;
  const [problem, counted] = [h("div", { class: "form-problem", role: "alert" }), h("div", { class: "counted", role: "status" })];
  let countedText = null;
  const changed = () => {
    replace(problem);
    if (countedText !== null && box.value !== countedText) replace(counted, h("p", { class: "hint" }, t("segment.count_again")));
    oncount(countedText !== null && box.value === countedText);
  };
  const mend = (wrong, right) => { box.value = box.value.replace(new RegExp(`(?<![\\w.])${wrong.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w.])`), right); changed(); count(); };
  const count = async () => {
    const asked = box.value;
    if (!asked.trim()) { box.focus(); return; }
    try {
      const answer = await call("segments", { action: "count", expression: asked }, { signal });
      if (box.value !== asked) return;
      countedText = asked;
      replace(problem);
      replace(counted, countFigures(answer.count, answer.warnings));
    } catch (error) {
      if (signal.aborted) return;
      const { column, nearest, position } = error.details ?? {};
      replace(counted);
      replace(problem, h("p", {}, problemWords(error)), nearest?.length ? h("p", { class: "buttons" }, nearest.map((one) => h("button", { type: "button", dataset: { mend: one }, onclick: () => mend(column, one) }, name(one)))) : null);
      if (position) { box.focus(); box.setSelectionRange(position - 1, position); }
    }
    oncount(countedText !== null && box.value === countedText);
  };
  box.addEventListener("input", changed);
  box.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); count(); } });
  const element = h("div", { class: "segment-editor" }, h("label", { class: "field wide" }, h("span", {}, t("segment.expression")), box), language(box), problem,
    h("p", { class: "buttons" }, h("button", { type: "button", dataset: { action: "count" }, onclick: count }, t("segment.count")), h("span", { class: "hint" }, t("segment.count_keys"))), counted);
  return { element, help: columnHelp(box, signal), text: () => box.value, set: (next) => { box.value = next; changed(); }, count };
}
