// Replenishment: the order suggestions of a store, exceptions first, with the numbers behind each and the decision on it.

import { call, lookUp, search } from "../api.js";
import { download, toCsv } from "../csv.js";
import { decide, decisionBadge, refusal, takeBack } from "../decisions.js";
import { debounce, h, icon, name, replace, words } from "../dom.js";
import { day, DASH, isNumber, money, number, t, units } from "../i18n.js";
import { may } from "../rights.js";
import { lastUsed, patchParams, remember } from "../route.js";
import { empty, fill } from "../states.js";
import { FILTERS, matches, prepared, totals } from "../suggestions.js";
import { dataTable, readSort, writeSort } from "../table.js";
import { typeahead } from "../typeahead.js";
import { lineDetail, sourceText } from "./line.js";

const LIMIT = 5000;
const CSV_COLUMNS = [
  "store_id", "product_id", "product_name", "as_of", "order_quantity", "order_on", "arrives_on", "on_hand", "on_order", "demand_until_next_arrival",
  "order_up_to", "safety_stock", "expected_lost_sales", "expected_value", "order_cost", "source", "reason", "decision", "decided_quantity", "decision_reason",
];

function flagBadge(flag) {
  return h("span", { class: `badge flag ${flag}`, title: t(`flag_help.${flag}`) }, t(`flag.${flag}`));
}

function columns() {
  const quantity = (key, extra) => ({ key, label: t(`column.${key}`), hint: t(`column_help.${key}`), align: "number", first: "descending", value: (line) => line[key], cell: (line) => units(line[key]), ...extra });
  const date = (key) => ({ key, label: t(`column.${key}`), align: "date", value: (line) => line[key], cell: (line) => day(line[key]) });
  return [
    { key: "product_name", label: t("column.product"), align: "product", value: (line) => line.product_name, cell: (line) => [name(line.product_name, { class: "strong" }), line.product_name === line.product_id ? null : name(line.product_id, { class: "sub" })] },
    quantity("order_quantity", { align: "number emphasis", cell: (line) => (line.decision?.action === "change" ? [h("s", {}, units(line.order_quantity)), " ", units(line.decision.order_quantity)] : units(line.order_quantity)) }),
    date("order_on"),
    date("arrives_on"),
    quantity("on_hand", { cell: (line) => (isNumber(line.on_hand) ? units(line.on_hand) : h("span", { class: "unknown" }, t("line.unknown"))) }),
    quantity("on_order"),
    quantity("demand_until_next_arrival"),
    quantity("expected_lost_sales"),
    { ...quantity("expected_value"), cell: (line) => money(line.expected_value) },
    { key: "reason", label: t("column.reason"), align: "reason", value: (line) => -line.urgency, cell: (line) => [line.flags.map(flagBadge), decisionBadge(line), String(line.source ?? "").startsWith("transfer:") ? h("span", { class: "badge transfer" }, sourceText(line)) : null, h("span", { class: "reason-text", title: line.reason_text }, words(line.reason_text))] },
  ];
}

function totalsLine(lines) {
  const sum = totals(lines);
  const one = (label, value, kind) => h("div", { class: `figure ${kind ?? ""}` }, h("dt", {}, label), h("dd", {}, value));
  return h(
    "dl",
    { class: "figures" },
    one(t("totals.lines"), number(sum.lines)),
    one(t("totals.exceptions"), number(sum.exceptions), sum.exceptions ? "warn" : ""),
    one(t("totals.orders"), number(sum.orders)),
    one(t("totals.units"), units(sum.units)),
    isNumber(sum.cost) ? one(t("totals.cost"), money(sum.cost, 0)) : null,
    one(t("totals.value"), isNumber(sum.value) ? money(sum.value, 0) : DASH),
    one(t("totals.lost"), units(sum.lost)),
  );
}

function filterBar(lines, chosen, onchange) {
  const buttons = Object.entries(FILTERS).map(([key, keep]) => [key, lines.filter(keep).length]).filter(([key, count]) => count || key === chosen || key === "todo")
    .map(([key, count]) => h("button", { type: "button", dataset: { filter: key }, "aria-pressed": String(key === chosen), onclick: () => onchange(key) }, t(`filter.${key}`), h("span", { class: "count" }, number(count))));
  return h("div", { class: "filters", role: "group", "aria-label": t("filter.label") }, buttons);
}

function csvRow(line) {
  return { ...line, reason: line.reason_text, decision: line.decision?.action, decided_quantity: line.decision?.order_quantity, decision_reason: line.decision?.reason };
}

/** Approves every plain order at once, after a second look at what that is. */
function approveRest(lines, approve) {
  const rest = lines.filter((line) => !line.flags.length && line.order_quantity > 0 && !line.decision);
  if (!rest.length) return null;
  const sum = totals(rest);
  const place = h("span", { class: "approve-rest" });
  const ask = () => replace(place, h("button", { type: "button", dataset: { action: "approve-rest" }, onclick: confirm }, icon("check"), t("decision.approve_rest", { count: rest.length })));
  const confirm = () => {
    replace(place,
      h("span", { role: "status" }, t("decision.approve_rest_sure", { count: rest.length, units: units(sum.units), cost: isNumber(sum.cost) ? money(sum.cost, 0) : money(sum.value, 0) })), " ",
      h("button", { type: "button", class: "primary", dataset: { action: "approve-sure" }, onclick: () => approve(rest) }, t("decision.approve")), " ",
      h("button", { type: "button", onclick: ask }, t("action.cancel")));
    place.querySelector("button").focus();
  };
  ask();
  return place;
}

/** The list and everything that changes it. */
function list(lines, { store, total, asOf, params, signal }) {
  const view = { filter: FILTERS[params.get("filter")] ? params.get("filter") : "todo", text: params.get("q") ?? "", canDecide: may("stock:decide") };
  const [top, bar, actions, notice] = [h("div"), h("div"), h("div", { class: "buttons" }), h("p", { class: "notice", role: "status" })];
  const shown = () => lines.filter((line) => FILTERS[view.filter](line) && matches(line, view.text));
  const ondecide = async (targets, action, details = {}) => {
    try {
      await decide(targets, action, { ...details, signal });
    } catch (error) {
      if (error.status === 404) { view.canDecide = false; notice.textContent = t("decision.unavailable"); draw(); }
      throw error;
    }
    notice.textContent = t("decision.stored", { count: targets.length });
    draw();
  };
  const approve = (rest) => ondecide(rest, "approve").catch((error) => { notice.textContent = refusal(error, t("decision.unavailable")); });
  const onback = async (line) => {
    await takeBack(line, signal);
    notice.textContent = t("decision.taken_back");
    draw();
  };
  const table = dataTable({
    columns: columns(), rows: shown(), caption: t("replenishment.caption", { store: store.name }), sort: readSort(params.get("sort")), onsort: (sort) => patchParams({ sort: writeSort(sort) }),
    rowKey: (line) => line.product_id, rowClass: (line) => (line.flags.length ? "exception" : ""),
    detail: (line) => lineDetail(line, { asOf, canDecide: view.canDecide, ondecide: (one, action, details) => ondecide([one], action, details), onback }),
  });
  const nothing = h("div");
  const draw = () => {
    const now = shown();
    replace(top, totalsLine(now));
    replace(bar, filterBar(lines, view.filter, (filter) => { view.filter = filter; patchParams({ filter }); draw(); bar.querySelector(`[data-filter="${filter}"]`)?.focus(); }));
    replace(actions, view.canDecide ? approveRest(now, approve) : null,
      h("button", { type: "button", dataset: { action: "csv" }, onclick: () => download(`replenishment-${store.id}-${asOf ?? ""}.csv`, toCsv(CSV_COLUMNS, table.ordered().map(csvRow))) }, icon("download"), t("action.csv")),
      h("button", { type: "button", onclick: () => print() }, icon("print"), t("action.print")));
    table.setRows(now);
    table.element.hidden = now.length === 0;
    replace(nothing, now.length ? null : empty(t("replenishment.none"), t("replenishment.none_hint")));
  };
  const find = h("input", { type: "search", value: view.text, "aria-label": t("replenishment.find"), placeholder: t("replenishment.find"), oninput: debounce(() => { view.text = find.value; patchParams({ q: view.text }); draw(); }, 120) });
  draw();
  return [top, h("div", { class: "toolbar" }, bar, h("div", { class: "toolbar-end" }, find, actions)), total > lines.length ? h("p", { class: "notice" }, t("replenishment.partial", { shown: lines.length, total })) : null, notice, table.element, nothing];
}

export async function replenishmentView(root, { params, overview, signal }) {
  const wanted = params.get("store") ?? lastUsed("store");
  const chosen = { store: wanted ? await lookUp("store", wanted, { signal }) : ((await search("store", "", { limit: 1, signal }))[0] ?? null) };
  const place = h("div", { class: "result" });
  const draw = () => {
    if (!chosen.store) return replace(place, empty(t("replenishment.choose"), t("replenishment.choose_hint")));
    patchParams({ store: chosen.store.id });
    remember("store", chosen.store.id);
    return fill(place, signal, async () => {
      const answer = await call("replenish", { store_id: chosen.store.id, limit: LIMIT }, { signal });
      const lines = prepared(answer.suggestions ?? [], answer.names);
      if (!lines.length) return empty(t("replenishment.none"), t("replenishment.none_hint"));
      return list(lines, { store: chosen.store, total: answer.total ?? lines.length, asOf: lines[0].as_of ?? overview?.as_of, params, signal });
    }, { lines: 10 });
  };
  const box = typeahead({ label: t("pick.store"), kind: "store", chosen: chosen.store, onpick: (item) => { chosen.store = item; draw(); } });
  replace(root, h("h1", {}, t("nav.replenishment")), h("form", { class: "pickers", onsubmit: (event) => event.preventDefault() }, box.element), place);
  await draw();
}
