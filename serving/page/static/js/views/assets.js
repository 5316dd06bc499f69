// Customer assets: people known, reachable and active by month, in all and by region, store or guide; and whose guide left.

import { call, lookUp, workedOut } from "../api.js";
import { csvButton } from "../csv.js";
import { h, name, replace } from "../dom.js";
import { day, money, number, percent, signed, t } from "../i18n.js";
import { lines } from "../plots.js";
import { failureText } from "../problems.js";
import { address } from "../route.js";
import { empty, fill } from "../states.js";
import { storeName } from "../suggestions.js";
import { dataTable } from "../table.js";
import { typeahead } from "../typeahead.js";

const LEVELS = ["region", "store", "guide"];
/** The column that names a row of each level. */
const IDS = { region: "region", store: "store_id", guide: "guide_id" };
const MONTHS = [3, 6, 12, 24];
const DRAWN = [["known", "c0"], ["reachable", "c3"], ["active", "c1"]];
const COUNTS = ["known", "newly_known", "reachable", "active", "gained", "lost", "moved_in", "moved_out"];
const CSV_COLUMNS = ["month_end", "level", "region", "store_id", "store_name", "guide_id", "guide_name", ...COUNTS];
const DEPARTURE_COLUMNS = ["guide_id", "guide_name", "left_on", "people", "reassigned", "active_before", "active_now", "reachable_now", "sales_before", "sales_after", "days_after"];

/** How many more are active at the month's end than at its beginning. */
const change = (row) => row.gained - row.lost + row.moved_in - row.moved_out;

function picture(answer, rows) {
  const last = rows.find((row) => row.month_end === answer.months.at(-1));
  if (!last) return null;
  const figure = (key, beside) => h("div", { class: "figure", dataset: { of: key } }, h("dt", { title: t(`assets.${key}_hint`) }, t(`assets.${key}`)), h("dd", {}, number(last[key])), beside ? h("dd", { class: "hint" }, beside) : null);
  const series = DRAWN.map(([key, colour]) => ({ name: t(`assets.${key}`), colour, points: rows.map((row) => ({ x: row.month_end, value: row[key] })) }));
  const figures = [figure("known", t("assets.new", { count: last.newly_known })), figure("reachable", last.known ? percent(last.reachable / last.known, 0) : null), figure("active", signed(change(last), 0)), figure("gained"), figure("lost")];
  return h("section", { class: "panel" }, h("h2", {}, t("assets.at", { day: day(last.month_end, "long") })), h("dl", { class: "figures" }, figures), lines(series, { places: answer.months, format: (value) => number(value), summary: t("assets.summary"), from: 0 }));
}

/** Counts of the last month, a line for each region, store or guide. */
function parts(answer, level, nameOfPart) {
  const last = answer.months.at(-1);
  const rows = answer.rows.filter((row) => row.level === level && row.month_end === last);
  if (!rows.length) return h("p", { class: "hint" }, t("assets.no_parts"));
  const count = (key) => ({ key, label: t(`assets.${key}`), hint: t(`assets.${key}_hint`), align: "number", first: "descending", value: (row) => row[key], cell: (row) => number(row[key]) });
  const known = { ...count("known"), cell: (row) => [number(row.known), h("span", { class: "sub" }, t("assets.new", { count: row.newly_known }))] };
  const active = { ...count("active"), cell: (row) => [number(row.active), h("span", { class: "sub" }, signed(change(row), 0))] };
  const part = { key: "part", label: t(`assets.level.${level}`), align: "product", value: nameOfPart, cell: (row) => name(nameOfPart(row), { class: "strong" }) };
  const columns = [part, known, count("reachable"), active, ...["gained", "lost", "moved_in", "moved_out"].map(count)];
  return dataTable({ columns, rows, caption: t("assets.parts", { day: day(last, "long") }), sort: { key: "active", descending: true }, page: 50 }).element;
}

function departures(rows) {
  if (!rows.length) return h("p", { class: "hint" }, t("assets.nobody_left"));
  const count = (key, text = number) => ({ key, label: t(`assets.${key}`), align: "number", first: "descending", value: (row) => row[key], cell: (row) => text(row[key]) });
  // what is not in the data yet is unknown, and no sum of zero
  const after = { ...count("sales_after"), value: (row) => (row.days_after ? row.sales_after : null), cell: (row) => [money(row.days_after ? row.sales_after : null, 0), h("span", { class: "sub" }, t("assets.in_days", { days: row.days_after }))] };
  const columns = [
    { key: "guide_name", label: t("assets.level.guide"), align: "product", value: (row) => row.guide_name, cell: (row) => name(row.guide_name, { class: "strong" }) },
    { key: "left_on", label: t("assets.left_on"), align: "date", first: "descending", value: (row) => row.left_on, cell: (row) => day(row.left_on, "long") },
    ...["people", "reassigned", "active_before", "active_now", "reachable_now"].map((key) => count(key)), count("sales_before", (value) => money(value, 0)), after,
  ];
  return dataTable({ columns, rows, caption: t("assets.departures"), page: 50, which: "left" }).element;
}

export async function assetsView(root, { params, signal }) {
  const months = MONTHS.includes(Number(params.get("months"))) ? Number(params.get("months")) : 6;
  const level = LEVELS.includes(params.get("level")) ? params.get("level") : "store";
  const store = params.get("store") ? await lookUp("store", params.get("store"), { signal }) : null;
  const place = h("div", { class: "result" });
  const to = (changes) => address("assets", { months, level, store: store?.id, ...changes });
  const go = (changes) => { location.hash = to(changes); };
  const box = typeahead({ label: t("pick.store_optional"), kind: "store", chosen: store, placeholder: t("pick.any_store"), onpick: (item) => go({ store: item.id }) });
  const span = h("label", { class: "field narrow" }, h("span", {}, t("funnel.months")), h("select", { name: "months", onchange: (event) => go({ months: event.target.value }) }, MONTHS.map((one) => h("option", { value: one, selected: one === months }, t("span.month", { count: one })))));
  replace(root, h("h1", {}, t("nav.assets")), h("p", { class: "intro" }, t("assets.intro")), h("form", { class: "pickers", onsubmit: (event) => event.preventDefault() }, box.element, span, store ? h("button", { type: "button", onclick: () => go({ store: null }) }, t("stock.all_shops")) : null), place);
  const about = { months, ...(store ? { store_id: store.id } : {}) };
  await fill(place, signal, async () => {
    const [answer, { guides }] = await Promise.all([workedOut("assets", { ...about, levels: store ? ["store"] : ["all", level] }, { signal }), call("guides", {}, { signal })]);
    const ofWhole = answer.rows.filter((row) => row.level === (store ? "store" : "all"));
    if (!ofWhole.length) return empty(t("assets.none"));
    const people = new Map(guides.map((one) => [one.guide_id, one.name || one.guide_id]));
    const guideName = (id) => people.get(id) ?? id;
    const nameOfPart = (row) => { const id = row[IDS[level]]; return id === null ? t(`assets.without.${level}`) : level === "store" ? storeName(id) : level === "guide" ? guideName(id) : id; };
    const named = (row) => ({ ...row, store_name: row.store_id && storeName(row.store_id), guide_name: row.guide_id && guideName(row.guide_id) });
    const problem = h("p", { class: "form-problem", role: "alert" });
    const all = async () => (await workedOut("assets", about, { signal })).rows.map(named);
    const save = csvButton("assets.csv", CSV_COLUMNS, all, (error) => { problem.textContent = failureText(error); });
    const links = h("nav", { class: "filters links", "aria-label": t("assets.by") }, LEVELS.map((one) => h("a", { class: "button", "aria-current": one === level ? "true" : null, dataset: { level: one }, href: to({ level: one }) }, t(`assets.level.${one}`))));
    const left = answer.departures.map(named);
    return [picture(answer, ofWhole),
      h("section", { class: "panel" }, h("div", { class: "panel-head" }, h("h2", {}, t("assets.parts", { day: day(answer.months.at(-1), "long") })), h("div", { class: "buttons" }, save)), problem, store ? parts(answer, "store", () => store.name) : [links, parts(answer, level, nameOfPart)]),
      h("section", { class: "panel departures" }, h("div", { class: "panel-head" }, h("h2", {}, t("assets.departures")), left.length ? h("div", { class: "buttons" }, csvButton("departures.csv", DEPARTURE_COLUMNS, left)) : null), h("p", { class: "hint" }, t("assets.departures_hint"), left.length ? [t("sentence.space"), t("assets.departures_late")] : null), departures(left))];
  }, { lines: 8, slow: "state.worked_out" });
}
