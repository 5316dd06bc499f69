// Audience: people for goods, their purchase probabilities, and how many were excluded and why.

import { call, lookUp } from "../api.js";
import { download, toCsv } from "../csv.js";
import { h, icon, name, replace, svg, words } from "../dom.js";
import { code, day, has, likelihood, money, number, percent, t } from "../i18n.js";
import { may } from "../rights.js";
import { address, fillParams, pushParams, readRoute, remember } from "../route.js";
import { empty, fill } from "../states.js";
import { nameOf, reasonOf } from "../suggestions.js";
import { dataTable, readSort, writeSort } from "../table.js";
import { multiPicker } from "../typeahead.js";

const KINDS = ["mixed", "repeat", "explore"];
const CHANNELS = ["", "sms", "email", "app", "wechat", "guide"];
const CSV_COLUMNS = ["campaign_id", "product_id", "product_name", "customer_id", "rank", "probability", "expected_value", "group", "channel", "send_on", "reason"];

function select(label, field, values, chosen, text) {
  return h("label", { class: "field" }, h("span", {}, label), h("select", { name: field }, values.map((value) => h("option", { value, selected: value === chosen }, text(value)))));
}

function numberField(label, field, value, limits, hint) {
  return h("label", { class: "field narrow", title: hint }, h("span", {}, label), h("input", { type: "number", name: field, value: String(value), inputmode: "numeric", required: true, ...limits }));
}

/** Cumulative gain: expected purchases among the first n people. Where it flattens, more messages bring little. */
function gainCurve(contacts) {
  if (contacts.length < 10) return null;
  const [width, height, left, bottom] = [420, 190, 38, 36];
  let total = 0;
  const gains = contacts.map((row) => (total += row.probability ?? 0));
  const x = (index) => left + ((index + 1) / gains.length) * (width - left - 8);
  const y = (value) => 10 + (1 - value / (total || 1)) * (height - bottom - 10);
  const line = gains.map((value, index) => `${index ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const half = gains.findIndex((value) => value >= total / 2);
  const label = (at, value, anchor, text) => svg("text", { x: at, y: value, "text-anchor": anchor }, text);
  return h(
    "figure",
    { class: "gain" },
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": t("audience.gain_words", { half: half + 1, total: gains.length }) },
      svg("line", { class: "axis", x1: left, x2: width - 8, y1: y(0), y2: y(0) }),
      svg("path", { class: "area", d: `M${left} ${y(0)}${line.replace("M", "L")}L${x(gains.length - 1)} ${y(0)}Z` }),
      svg("path", { class: "curve", d: `M${left} ${y(0)}${line.replace("M", "L")}` }),
      svg("line", { class: "half", x1: x(half), x2: x(half), y1: y(gains[half]), y2: y(0) }),
      label(left - 5, y(total) + 4, "end", number(total, total < 10 ? 1 : 0)), label(left - 5, y(0) + 1, "end", "0"),
      label(x(half), y(0) + 14, "middle", number(half + 1)), label(width - 8, y(0) + 14, "end", number(gains.length)),
      label((left + width) / 2, height - 4, "middle", t("audience.gain_x")), label(left + 6, 16, "start", t("audience.gain_y"))),
    h("figcaption", {}, t("audience.gain_words", { half: half + 1, total: gains.length })),
  );
}

function exclusionList(exclusions, zhReason) {
  const rows = exclusions.filter((row) => row.customers > 0).sort((a, b) => b.customers - a.customers);
  if (!rows.length) return h("p", { class: "hint" }, t("audience.no_exclusions"));
  const most = rows[0].customers;
  return h("ul", { class: "exclusions" }, rows.map((row) => h(
    "li", {},
    h("span", { class: "reason" }, words(zhReason(row))),
    h("span", { class: "amount" }, number(row.customers)),
    h("span", { class: "bar" }, h("i", { style: { width: `${(row.customers / most) * 100}%` } })),
  )));
}

const exclusionText = (row) => {
  const which = row.code ?? row.reason_code;
  return which && has(`exclusion.${which}`) ? t(`exclusion.${which}`) : reasonOf(row);
};

function chance(value) {
  return h("span", { class: "chance" }, h("span", { class: "chance-bar" }, h("i", { style: { width: `${Math.min(value ?? 0, 1) * 100}%` } })), likelihood(value));
}

function columns(several) {
  return [
    { key: "rank", label: t("column.rank"), align: "number", value: (row) => row.rank },
    { key: "customer_id", label: t("column.customer"), align: "customer", value: (row) => row.customer_id, cell: (row) => h("a", { href: address("person", { customer: row.customer_id }) }, name(row.customer_name ?? row.customer_id)) },
    several ? { key: "product_name", label: t("column.for_product"), align: "goods", value: (row) => row.product_name, cell: (row) => name(row.product_name ?? "") } : null,
    { key: "probability", label: t("column.probability"), hint: t("column_help.probability"), align: "number", first: "descending", value: (row) => row.probability, cell: (row) => chance(row.probability) },
    { key: "expected_value", label: t("column.expected_value"), align: "number", first: "descending", value: (row) => row.expected_value, cell: (row) => money(row.expected_value) },
    { key: "group", label: t("column.group"), hint: t("column_help.group"), value: (row) => row.group, cell: (row) => h("span", { class: `badge ${row.group}` }, code("group", row.group)) },
    { key: "channel", label: t("column.channel"), value: (row) => row.channel, cell: (row) => code("channel", row.channel) },
    { key: "send_on", label: t("column.send_on"), align: "date", value: (row) => row.send_on, cell: (row) => (row.send_on ? day(row.send_on) : "") },
    { key: "reason", label: t("column.reason"), align: "reason", sortable: false, value: (row) => row.reason_text, cell: (row) => h("span", { class: "reason-text", title: row.reason_text }, words(row.reason_text)) },
  ].filter(Boolean);
}

function summary(rows, contacts) {
  const sum = (field, list) => list.reduce((total, row) => total + (row[field] ?? 0), 0);
  const one = (label, value, hint) => h("div", { class: "figure", title: hint }, h("dt", {}, label), h("dd", {}, value));
  return h(
    "dl",
    { class: "figures" },
    one(t("audience.contacts"), number(contacts.length)),
    one(t("audience.holdout"), number(rows.length - contacts.length), t("column_help.group")),
    one(t("audience.expected_buyers"), number(sum("probability", contacts), 1)),
    one(t("audience.mean_probability"), percent(contacts.length ? sum("probability", contacts) / contacts.length : null)),
    one(t("audience.expected_value"), money(sum("expected_value", contacts), 0)),
  );
}

function result(answer, goods, params) {
  const rows = (answer.audience ?? []).map((row) => ({ ...row, product_name: nameOf(row, answer.names) ?? goods.find((one) => one.id === row.product_id)?.name, reason_text: reasonOf(row) }));
  const left = h("section", { class: "panel side" }, h("h2", {}, t("audience.exclusions")), exclusionList(answer.exclusions ?? [], exclusionText));
  if (!rows.length) return h("div", { class: "audience-top" }, h("section", { class: "panel" }, empty(t("audience.none"), t("audience.none_hint"))), left);
  const contacts = rows.filter((row) => row.group !== "holdout");
  const table = dataTable({ columns: columns(goods.length !== 1), rows, caption: t("audience.caption"), sort: readSort(params.get("sort")), onsort: (sort) => pushParams({ sort: writeSort(sort) }), rowClass: (row) => row.group, page: 50 });
  const save = (list, part) => download(`audience-${goods.map((one) => one.id).join("-").slice(0, 60)}-${part}.csv`, toCsv(CSV_COLUMNS, list.map((row) => ({ ...row, reason: row.reason_text }))));
  return [
    h("div", { class: "audience-top" },
      h("section", { class: "panel" }, h("h2", {}, t("audience.summary")), summary(rows, contacts), h("p", { class: "hint ranked-by" }, t(answer.ranked_by === "uplift" ? "audience.by_uplift" : "audience.by_response")), gainCurve([...contacts].sort((a, b) => a.rank - b.rank))), left),
    h("div", { class: "toolbar" }, h("h2", {}, t("audience.people")), h("div", { class: "toolbar-end buttons" },
      goods.length && may("campaigns:write") ? h("a", { class: "button", dataset: { action: "campaign" }, href: address("campaigns", params.get("leftovers") ? { new: "leftovers", product: goods.map((one) => one.id), store: params.get("store") } : { new: "goods", product: goods.map((one) => one.id), kind: params.get("kind"), size: params.get("size"), holdout: params.get("holdout") }) }, icon("campaigns"), t("audience.campaign")) : null,
      h("button", { type: "button", dataset: { action: "csv" }, onclick: () => save(table.ordered(), "all") }, icon("download"), t("audience.csv_all")),
      h("button", { type: "button", dataset: { action: "csv-contacts" }, onclick: () => save(contacts, "contact") }, icon("download"), t("audience.csv_contacts")))),
    table.element,
  ];
}

export async function audienceView(root, { params, signal }) {
  const ids = params.getAll("product");
  const goods = await Promise.all(ids.map((id) => lookUp("product", id, { signal })));
  const [place, note] = [h("div", { class: "result", "aria-live": "off" }), h("div")];
  let chosen = goods;
  const leftovers = params.get("leftovers") === "1";
  // once another product is chosen, the goods are no excess stock any more
  const isExcess = () => leftovers && chosen.every((one) => ids.includes(one.id));
  const store = leftovers && params.get("store") ? await lookUp("store", params.get("store"), { signal }) : null;
  let write = (changes) => fillParams(params, changes); // what the address left open; what is chosen later is a step of the history
  const ask = () => {
    const clearing = isExcess();
    const said = chosen.length ? "audience.leftovers_line" : store ? "audience.leftovers_of" : "audience.leftovers";
    replace(note, clearing ? h("p", { class: "notice" }, t(said, { store: store ? store.name || store.id : t("pick.any_store"), products: chosen.map((one) => one.name || one.id).join(t("word.list")) })) : null);
    if (!chosen.length && !clearing) return replace(place, empty(t("audience.choose"), t("audience.choose_hint")));
    const values = Object.fromEntries(new FormData(form));
    const which = chosen.map((one) => one.id);
    const subject = clearing ? { leftovers: true, ...(store ? { store_id: store.id } : {}), ...(which.length ? { left_over_product_ids: which } : {}) } : { product_ids: which };
    const body = { ...subject, size: Number(values.size) || 200, holdout_share: Math.min(Math.max(Number(values.holdout) || 0, 0), 90) / 100 };
    if (values.kind !== "mixed") body.kind = values.kind;
    if (values.channel) body.channel = values.channel;
    write({ product: which, leftovers: clearing ? "1" : null, store: clearing ? store?.id : null, size: body.size, kind: values.kind, channel: values.channel, holdout: values.holdout });
    write = pushParams;
    if (chosen.length) remember("product", chosen[0].id);
    return fill(place, signal, async () => result(await call("audience", body, { signal }), chosen, readRoute().params), { lines: 8 });
  };
  const picker = multiPicker({ label: t("pick.products"), kind: "product", chosen: goods, onchange: (next) => { chosen = next; ask(); } });
  const form = h(
    "form",
    { class: "pickers", onsubmit: (event) => { event.preventDefault(); ask(); }, onchange: (event) => { if (event.target.name && form.checkValidity()) ask(); } },
    picker.element,
    numberField(t("audience.size"), "size", params.get("size") ?? 200, { min: 1, max: 100000, step: 1 }),
    select(t("audience.kind"), "kind", KINDS, params.get("kind") ?? "mixed", (value) => t(`kind.${value}`)),
    select(t("audience.channel"), "channel", CHANNELS, params.get("channel") ?? "", (value) => (value ? t(`channel.${value}`) : t("audience.any_channel"))),
    numberField(t("audience.holdout_share"), "holdout", params.get("holdout") ?? 10, { min: 0, max: 90, step: 1 }, t("column_help.group")),
    h("button", { type: "submit", class: "primary" }, t("audience.find")),
  );
  replace(root, h("h1", {}, t("nav.audience")), h("p", { class: "intro" }, t("audience.intro")), form, note, place);
  await ask();
}
