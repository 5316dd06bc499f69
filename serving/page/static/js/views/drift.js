// Drift of the features: how the values of each column differ from those of the build before.

import { call } from "../api.js";
import { csvButton } from "../csv.js";
import { h, replace, words } from "../dom.js";
import { choice } from "../fields.js";
import { day, DASH, isNumber, number, percent, t } from "../i18n.js";
import { failureText } from "../problems.js";
import { address } from "../route.js";
import { empty, fill } from "../states.js";
import { dataTable } from "../table.js";

const TABLES = ["person", "goods", "series", "place"];
const LEVELS = ["large", "moderate", "new", "gone", "stable"];
const CSV_COLUMNS = ["table", "column", "meaning", "level", "psi", "chance", "rows_before", "rows", "nulls_before", "nulls", "low_before", "high_before", "low", "high", "outside"];

const size = (value) => number(value, Math.abs(value) < 10 ? 3 : Math.abs(value) < 1000 ? 1 : 0);
const range = (low, high) => (isNumber(low) ? (low === high ? size(low) : `${size(low)} … ${size(high)}`) : DASH);
/** What it was and what it is, one below the other. */
const both = (before, now) => [h("span", {}, now), h("span", { class: "sub" }, t("drift.before", { value: before }))];

function columns() {
  return [
    { key: "column", label: t("drift.column"), align: "product", value: (row) => row.column, cell: (row) => [h("code", {}, row.column), row.meaning ? h("span", { class: "sub" }, words(row.meaning.replaceAll("`", ""))) : null] },
    { key: "table", label: t("drift.table"), value: (row) => t(`drift.table.${row.table}`) },
    { key: "level", label: t("drift.level"), hint: t("drift.level_hint"), value: (row) => LEVELS.indexOf(row.level), cell: (row) => h("span", { class: `badge drift-${row.level}` }, t(`drift.level.${row.level}`)) },
    { key: "psi", label: t("drift.psi"), hint: t("drift.psi_hint"), align: "number", first: "descending", value: (row) => row.psi, cell: (row) => [number(row.psi, 3), isNumber(row.chance) ? h("span", { class: "sub" }, t("drift.chance", { value: number(row.chance, 3) })) : null] },
    { key: "nulls", label: t("drift.nulls"), hint: t("drift.nulls_hint"), align: "number", first: "descending", value: (row) => row.nulls, cell: (row) => both(percent(row.nulls_before, 1), percent(row.nulls, 1)) },
    { key: "range", label: t("drift.range"), hint: t("drift.range_hint"), align: "number", sortable: false, value: (row) => row.high, cell: (row) => both(range(row.low_before, row.high_before), range(row.low, row.high)) },
    { key: "outside", label: t("drift.outside"), hint: t("drift.outside_hint"), align: "number", first: "descending", value: (row) => row.outside, cell: (row) => percent(row.outside, 1) },
    { key: "rows", label: t("drift.rows"), align: "number", first: "descending", value: (row) => row.rows, cell: (row) => both(number(row.rows_before), number(row.rows)) },
  ];
}

/** The answer, or null where there are no features yet. */
async function asked(body, signal) {
  try {
    return await call("drift", body, { signal });
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

export async function driftPart(place, { params, signal }) {
  const table = TABLES.includes(params.get("table")) ? params.get("table") : null;
  const isWhole = params.get("all") === "1";
  const go = (changes) => { location.hash = address("models", { kind: "features", table, all: isWhole ? "1" : null, ...changes }); };
  const tables = choice(t("drift.table"), "table", ["", ...TABLES], table ?? "", (one) => t(`drift.table.${one || "all"}`), (event) => go({ table: event.target.value }));
  const whole = h("label", { class: "option" }, h("input", { type: "checkbox", name: "all", checked: isWhole, onchange: (event) => go({ all: event.target.checked ? "1" : null }) }), t("drift.all"));
  const result = h("div");
  replace(place, h("form", { class: "pickers", onsubmit: (event) => event.preventDefault() }, tables, whole), result);
  await fill(result, signal, async () => {
    const about = { ...(table ? { table } : {}), ...(isWhole ? { levels: LEVELS } : {}) };
    const answer = await asked(about, signal);
    if (!answer?.as_of) return empty(t("drift.none"), t("drift.none_hint"));
    const problem = h("p", { class: "form-problem", role: "alert" });
    const all = async () => (await call("drift", { levels: LEVELS }, { signal })).rows;
    const save = csvButton("drift.csv", CSV_COLUMNS, all, (error) => { problem.textContent = failureText(error); });
    const figures = LEVELS.map((level) => h("div", { class: "figure", dataset: { level } }, h("dt", {}, t(`drift.level.${level}`)), h("dd", {}, number(answer.counts[level] ?? 0))));
    const title = t("drift.between", { before: day(answer.before, "long"), day: day(answer.as_of, "long") });
    const rows = answer.rows.length ? dataTable({ columns: columns(), rows: answer.rows, caption: title, page: 50 }).element : empty(t("drift.stable"), t("drift.stable_hint"));
    return h("section", { class: "panel" }, h("div", { class: "panel-head" }, h("h2", {}, title), h("div", { class: "buttons" }, save)), problem, h("dl", { class: "figures" }, figures), rows);
  }, { lines: 8 });
}
