// Tables as CSV files that spreadsheets open right: UTF-8 with its mark, quoted, and no cell that runs as a formula.

import { h, icon } from "./dom.js";
import { t } from "./i18n.js";

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = Array.isArray(value) ? value.join(" ") : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv(columns, rows) {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return `\uFEFF${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

export function download(fileName, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = h("a", { href: url, download: fileName.replaceAll(/[\\/:*?"<>|\s]+/g, "-") });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A button that saves a table; `rows` are its rows, or a function that fetches all of them, of which a failure is told by `onfail`. */
export function csvButton(fileName, columns, rows, onfail, { label = "action.csv", action = "csv" } = {}) {
  return h("button", { type: "button", dataset: { action }, onclick: async (event) => {
    const pressed = event.currentTarget;
    pressed.disabled = true;
    try {
      download(fileName, toCsv(columns, typeof rows === "function" ? await rows() : rows));
    } catch (error) {
      if (!onfail) throw error;
      onfail(error);
    } finally {
      pressed.disabled = false;
    }
  } }, icon("download"), t(label));
}
