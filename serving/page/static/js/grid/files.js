// The view as a file, and a file of changes read back: its difference is shown before it counts.

import { ApiError, call, calledName } from "../api.js";
import { readBase64 } from "../base64.js";
import { h, icon, name, scrollBox } from "../dom.js";
import { number, t, units } from "../i18n.js";
import { storeName } from "../suggestions.js";
import { keyOf } from "./source.js";

const LISTED = 50;
const FILE_MS = 180_000;

function save(fileName, type, content) {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = h("a", { href: url, download: fileName });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** All lines of a view of a list as a file, not only those that were loaded. */
export async function saveLines(table, body, format, signal) {
  const file = await call("listing_file", { table, format, ...body }, { signal, timeout: FILE_MS });
  save(file.file_name, file.media_type, file.content);
  return file.rows;
}

/** Lines that are printed at most: some 150 sheets. By judgement. */
export const MOST_PRINTED = 3000;

/** Buttons that save all lines of a list as they are filtered and sorted: `body()` says which; `onprint()` draws them all first. */
export function exportButtons(table, body, { signal, onsaved, onfail, onprint }) {
  const work = async (event, act) => {
    const pressed = event.currentTarget;
    pressed.disabled = true;
    try {
      await act();
    } catch (error) {
      if (!signal.aborted) onfail(error);
    } finally {
      pressed.disabled = false;
    }
  };
  const button = (format) => h("button", { type: "button", dataset: { export: format }, onclick: (event) => work(event, async () => onsaved(await saveLines(table, body(), format, signal))) }, icon("download"), format.toUpperCase());
  return [button("csv"), button("xlsx"), h("button", { type: "button", dataset: { action: "print" }, onclick: (event) => work(event, onprint) }, icon("print"), t("action.print"))];
}

function problemLine(row) {
  const facts = { row: number(row.row), seen: units(row.seen), now: units(row.now), text: row.text ?? "", says: (row.rows ?? []).map((one, place) => t("changes.row_says", { row: one, text: row.texts[place] })).join(t("word.list")) };
  return h("li", {}, t(`changes.${row.code}`, facts), " ", name(calledName("product", row.product_id) ?? ""), " · ", name(storeName(row.store_id) ?? ""));
}

/** What a file changes: its lines with both quantities, and the rows that cannot count with why. */
export function changesShown(answer) {
  const body = answer.lines.slice(0, LISTED).map((line) => h("tr", {}, h("th", { scope: "row" }, name(line.product_name)), h("td", {}, name(line.store_name)), h("td", { class: "number" }, units(line.quantity)), h("td", { class: "number" }, h("strong", {}, units(line.order_quantity))), h("td", { dataset: { note: keyOf(line) } }, line.reason ?? "")));
  const head = ["column.product", "overview.shop", "changes.now", "changes.asked", "bulk.reason"].map((key, index) => h("th", { scope: "col", class: index === 2 || index === 3 ? "number" : "" }, t(key)));
  return [
    h("p", {}, t("changes.sum", { rows: answer.rows, changed: answer.lines.length, same: answer.same }), answer.repeated ? [t("sentence.space"), t("changes.repeated", { count: answer.repeated })] : null, answer.unsaid ? [t("sentence.space"), t("changes.unsaid", { count: answer.unsaid })] : null),
    answer.problems_total || answer.left_out ? h("details", { class: "warn", open: true }, h("summary", {}, t("changes.problems", { count: answer.problems_total + answer.left_out })), h("ul", {}, answer.problems.slice(0, LISTED).map(problemLine), answer.left_out ? h("li", {}, t("changes.left_out", { count: answer.left_out })) : null)) : null,
    answer.lines.length ? scrollBox(t("changes.title"), h("table", { class: "data compact" }, h("caption", { class: "visually-hidden" }, t("changes.title")), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)), "changes") : null,
    answer.lines.length > LISTED ? h("p", { class: "hint" }, t("table.shown", { shown: LISTED, total: answer.lines.length })) : null,
  ];
}

/** A button that takes a file; `onstart()` takes away what one before it showed, `onread(answer)` gets what it changes, with its name. */
export function importButton({ signal, onstart, onread, onfail }) {
  const input = h("input", { type: "file", accept: ".csv,.xlsx", class: "visually-hidden", tabindex: "-1", "aria-label": t("changes.choose"), onchange: async () => {
    const [file] = input.files;
    if (!file) return;
    onstart();
    try {
      if (!file.size) throw new ApiError(422, "data", "", { problem: "changes_file_empty", file_name: file.name });
      const answer = await call("changes_file", { file_name: file.name.slice(-90), content: await readBase64(file) }, { signal });
      await onread({ ...answer, file_name: file.name });
    } catch (error) {
      if (!signal.aborted) onfail(error);
    } finally {
      input.value = "";
    }
  } });
  return [h("button", { type: "button", dataset: { action: "import" }, onclick: () => input.click() }, icon("upload"), t("changes.choose")), input];
}
