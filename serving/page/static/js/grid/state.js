// What the grid of orders shows, and its address: filter, conditions, words, sort and group.

import { t } from "../i18n.js";
import { patchParams, pushParams } from "../route.js";

export const SHOWS = ["todo", "exceptions", "plain", "orders", "undecided", "decided", "transfers", "underway", "enough", "below_minimum", "commented", "all"];
export const GROUPS = ["store_id", "region", "supplier_id", "purchase_order", "warehouse_id", "department", "category", "product_id"];
/** Columns that a condition may be chosen for, in the order in which they are offered. */
export const CONDITIONS = ["store_id", "region", "supplier_id", "warehouse_id", "department", "category", "order_on", "flags"];
const EMPTY = "";

/** Conditions of an address on the columns of a list. */
export function readConditions(params, columns) {
  return params.getAll("f").map((text) => text.split(/:(.*)/s)).filter(([column]) => columns.includes(column)).map(([column, value]) => ({ column, value: value ?? EMPTY }));
}

/** What an address names that is not known, as it stands there: a filter, a condition, a group. */
export function unknownIn(params, columns, { shows = null, groups = null } = {}) {
  const conditions = params.getAll("f").map((text) => text.split(":", 1)[0]).filter((column) => !columns.includes(column));
  const others = [["show", shows], ["group", groups]].filter(([key, known]) => known && params.get(key) && !known.includes(params.get(key)));
  return [...new Set([...conditions, ...others.map(([key]) => params.get(key))])];
}

/** The sentence about them; blank where all is known. */
export const unknownText = (names) => (names.length ? t("grid.unknown", { names: names.join(t("word.list")), count: names.length }) : "");

export const writeConditions = (where) => where.map(({ column, value }) => `${column}:${value}`);

/** An open group in the address; lines without one stand in a group of their own. */
const NO_PART = "-";
const readPart = (text) => (text === NO_PART ? null : text.replace(/^-(-+)$/, "$1"));
const writePart = (key) => (key === null ? NO_PART : key.replace(/^(-+)$/, "-$1"));

export function readState(params) {
  const where = readConditions(params, [...CONDITIONS, ...GROUPS]);
  params.getAll("store").forEach((value) => where.push({ column: "store_id", value }));
  const [column, order] = (params.get("sort") ?? "").split(":");
  return {
    unknown: unknownIn(params, [...CONDITIONS, ...GROUPS], { shows: SHOWS, groups: GROUPS }),
    show: SHOWS.includes(params.get("show")) ? params.get("show") : "todo",
    where,
    search: params.get("q") ?? "",
    sort: column ? { column, descending: order === "desc" } : null,
    group: GROUPS.includes(params.get("group")) ? params.get("group") : null,
    parts: params.getAll("part").map(readPart),
  };
}

/** Writes the state into the address; a new entry of the history, except for words while they are typed. */
export function writeState(state, { replace = false } = {}) {
  const changes = {
    show: state.show === "todo" ? null : state.show,
    f: writeConditions(state.where),
    store: null,
    q: state.search,
    sort: state.sort ? `${state.sort.column}:${state.sort.descending ? "desc" : "asc"}` : null,
    group: state.group,
    part: state.group ? state.parts.map(writePart) : null,
  };
  (replace ? patchParams : pushParams)(changes);
}

/** Conditions as the service takes them: values of one column are alternatives, columns must all hold. */
function conditions(where) {
  const columns = new Map();
  where.forEach(({ column, value }) => columns.set(column, [...(columns.get(column) ?? []), value === EMPTY ? null : value]));
  return [...columns].map(([column, values]) => ({ column, any_of: values }));
}

/** The lines of the view, as every route about lines takes them. */
export function asked(state, more = []) {
  return {
    where: conditions([...state.where, ...more]),
    ...(state.search.trim() ? { search: state.search.trim() } : {}),
    ...(state.show === "all" ? {} : { show: state.show }),
  };
}

export const sorted = (state) => (state.sort ? [{ column: state.sort.column, descending: state.sort.descending }] : []);
