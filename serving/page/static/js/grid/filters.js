// What the grid is narrowed by: ready filters with their counts, words, conditions of columns, groups.

import { call } from "../api.js";
import { debounce, h, icon, name, replace } from "../dom.js";
import { choice } from "../fields.js";
import { code, day, number, t } from "../i18n.js";
import { failureText } from "../problems.js";
import { storeName } from "../suggestions.js";
import { asked, CONDITIONS, GROUPS, SHOWS } from "./state.js";

const WAIT_MS = 160;
const FLAGS = ["loss", "unknown_stock", "negative_stock", "budget", "limit", "source_stock", "collision", "shelf", "not_worth_minimum", "loses_money", "losing", "large"];

export function showBar(state, counts, onchange) {
  const buttons = SHOWS.filter((show) => counts[show] || show === state.show || show === "todo" || show === "all").map((show) => h("button", { type: "button", dataset: { show }, "aria-pressed": String(show === state.show), onclick: () => onchange(show) }, t(`filter.${show}`), counts[show] === undefined ? null : h("span", { class: "count" }, number(counts[show]))));
  return h("div", { class: "filters", role: "group", "aria-label": t("filter.label") }, buttons);
}

/** Columns of codes and the words for them; of days; the others hold names. */
const WORDS = { flags: "flag", kind: "exception", reason_code: "sell_by", action: "advice", state: "state_of" };
const DAYS = new Set(["order_on", "as_of", "sell_by"]);

/** Values of a column with their lines, as the present view has them. */
async function values(state, table, column, signal) {
  if (column === "flags") return FLAGS.map((flag) => ({ key: flag, name: t(`flag.${flag}`) }));
  const group = column;
  const without = { ...state, where: state.where.filter((one) => one.column !== column) };
  const answer = await call("listing", { table, ...asked(without), group_by: group, sort: [{ column: group }], limit: 0 }, { signal });
  return Object.assign(answer.groups, { total: answer.groups_total });
}

function label(column, { key, name: named }) {
  if (key === null || key === "") return t("grid.without", { what: t(`grid.by.${column}`) });
  if (column === "purchase_order") return (named ?? key).replace(/\d{4}-\d{2}-\d{2}$/, (last) => day(last, "full"));
  if (WORDS[column]) return code(WORDS[column], key);
  return DAYS.has(column) ? day(key, "full") : (named ?? key);
}

/** Columns whose values are ids with a name that only the lines tell. */
const NAMED = new Set(["supplier_id", "warehouse_id", "purchase_order", "product_id"]);

/** Writes the name of a value that came with an address into its chip, once the service has told it. */
async function tellName(place, table, { column, value }, { names, signal, onfail }) {
  try {
    const { groups } = await call("listing", { table, where: [{ column, any_of: [value] }], group_by: column, limit: 0 }, { signal });
    if (!groups.length) return;
    names.set(`${column}:${value}`, label(column, groups[0]));
    place.textContent = names.get(`${column}:${value}`);
  } catch (error) {
    if (!signal.aborted) onfail(error);
  }
}

/** A line that says which conditions of an address find nothing by themselves; what is chosen on the page is there. */
export function whyNothing(table, where, { names, signal }) {
  const said = h("p", { class: "hint", role: "status", dataset: { nothing: "" } });
  if (where.length) findNothing(table, where, { names, signal }).then((text) => { said.textContent = text; }, (error) => { if (!signal.aborted) said.textContent = failureText(error); });
  return said;
}

/** Of conditions that leave nothing those that find no line by themselves, in words; a link may name what is not there. */
async function findNothing(table, where, { names, signal }) {
  const finds = async ({ column, value }) => {
    try {
      return (await call("listing", { table, where: [{ column, any_of: [value || null] }], limit: 0 }, { signal })).total > 0;
    } catch (error) {
      if (error.status >= 400 && error.status < 500) return false;
      throw error;
    }
  };
  const found = await Promise.all(where.map(finds));
  const said = where.filter((_, place) => !found[place]).map(({ column, value }) => `${t(`grid.by.${column}`)}: ${names.get(`${column}:${value}`) ?? value}`);
  return said.length ? t("grid.finds_nothing", { names: said.join(t("word.list")), count: said.length }) : "";
}

/** Puts a new bar of ready filters in its place; the one that had the focus keeps it. */
export function redrawShows(place, bar) {
  const shown = place.querySelector(":focus")?.dataset.show;
  replace(place, bar);
  if (shown) place.querySelector(`[data-show="${shown}"]`)?.focus();
}

/** Puts a new bar of conditions in its place; who was in the old one is at its first box then. */
export function redrawConditions(place, bar) {
  const wasHere = place.contains(document.activeElement);
  replace(place, bar);
  if (wasHere) place.querySelector("[data-condition=column]").focus();
}

/** Chips of the conditions, and two boxes to add one. `names` keeps the names of values that were chosen. */
export function conditionBar(state, { signal, onchange, names, onfail, table = "suggestions", columns = CONDITIONS }) {
  const chip = (one) => {
    const text = names.get(`${one.column}:${one.value}`) ?? label(one.column, { key: one.value, name: one.column.endsWith("store_id") ? storeName(one.value) : null });
    const shown = name(text);
    if (NAMED.has(one.column) && one.value && !names.has(`${one.column}:${one.value}`)) tellName(shown, table, one, { names, signal, onfail });
    return h("li", { class: "chip" }, t(`grid.by.${one.column}`), ": ", shown, h("button", { type: "button", "aria-label": t("action.remove", { name: text }), onclick: () => onchange(state.where.filter((other) => other !== one)) }, icon("close")));
  };
  const place = h("span", { class: "condition-value" });
  const choose = async (event) => {
    const column = event.target.value;
    replace(place);
    if (!column) return;
    try {
      const list = await values(state, table, column, signal);
      const select = h("select", { dataset: { condition: "value" }, "aria-label": t(`grid.by.${column}`), onchange: () => {
        const one = list[Number(select.value)];
        names.set(`${column}:${one.key ?? ""}`, label(column, one));
        onchange([...state.where, { column, value: one.key ?? "" }]);
      } }, h("option", { value: "" }, t("grid.choose", { what: t(`grid.by.${column}`) })), list.map((one, index) => h("option", { value: String(index) }, label(column, one), one.lines === undefined ? null : ` (${number(one.lines)})`)));
      const cut = list.total > list.length ? h("span", { class: "hint" }, t("grid.values_shown", { shown: list.length, total: list.total })) : null;
      replace(place, select, cut);
      select.focus();
    } catch (error) {
      if (!signal.aborted) onfail(error);
    }
  };
  const add = h("select", { dataset: { condition: "column" }, "aria-label": t("grid.add_filter"), onchange: choose }, h("option", { value: "" }, t("grid.add_filter")), columns.map((column) => h("option", { value: column }, t(`grid.by.${column}`))));
  return h("div", { class: "conditions" }, add, place, state.where.length ? h("ul", { class: "chips" }, state.where.map(chip), state.where.length > 1 ? h("li", {}, h("button", { type: "button", class: "link", onclick: () => onchange([]) }, t("grid.clear"))) : null) : null);
}

export function searchBox(state, onchange) {
  const find = h("input", { type: "search", value: state.search, "aria-label": t("grid.find"), placeholder: t("grid.find"), dataset: { field: "find" }, oninput: debounce(() => onchange(find.value), WAIT_MS) });
  return find;
}

export const groupBox = (state, onchange) => choice(t("grid.group"), "group", ["", ...GROUPS], state.group ?? "", (one) => (one ? t(`grid.by.${one}`) : t("grid.no_group")), (event) => onchange(event.target.value || null));
