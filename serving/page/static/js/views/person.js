// A customer: profile in words, and recommendations.

import { call, lookUp, search } from "../api.js";
import { download, toCsv } from "../csv.js";
import { h, icon, name, replace, words } from "../dom.js";
import { code, day, daysBetween, likelihood, relativeDay, t } from "../i18n.js";
import { problemText } from "../problems.js";
import { may } from "../rights.js";
import { address, lastUsed, fillParams, pushParams, remember, viewsFor } from "../route.js";
import { empty, failed, fill } from "../states.js";
import { nameOf, reasonOf, storeName } from "../suggestions.js";
import { complementsOfBasket } from "../together.js";
import { multiPicker, typeahead } from "../typeahead.js";
import { profileBody } from "./profile.js";

const KINDS = ["mixed", "repeat", "explore"];
const COUNTS = [5, 10, 20, 50];
const CSV_COLUMNS = ["customer_id", "rank", "product_id", "product_name", "score", "probability", "kind", "due_on", "reason"];

function due(row, asOf) {
  if (!row.due_on) return null;
  const late = asOf && daysBetween(asOf, row.due_on) < 0;
  const when = asOf ? relativeDay(row.due_on, asOf) : day(row.due_on);
  return h("span", { class: `badge due ${late ? "late" : ""}`, title: day(row.due_on, "full") }, t(late ? "person.overdue" : "person.due", { when }));
}

/** Chance of buying it again within one, two and four weeks, where it is bought again and again. */
function within(row) {
  const parts = [7, 14, 28].filter((days) => typeof row[`probability_${days}d`] === "number").map((days) => t("person.within", { days, chance: likelihood(row[`probability_${days}d`]) }));
  return parts.length ? h("span", { class: "badge within", title: t("person.within_hint") }, parts.join(" · ")) : null;
}

/** Fulfilment of a recommendation: in store, shipped, or picked up in another store. */
function fulfilment(row) {
  if (!row.fulfilment) return null;
  const badge = { class: `badge fulfilment ${row.fulfilment}` };
  if (row.fulfilment === "in_store") return h("span", badge, t("fulfilment.in_store"));
  // the store is not known, or not for this key to know
  if (!row.from_store_id) return h("span", badge, t(`fulfilment.${row.fulfilment}_elsewhere`));
  return h("span", badge, t(`fulfilment.${row.fulfilment}`), t("sentence.space"), name(storeName(row.from_store_id)));
}

function recommendation(row, { asOf, store, role }) {
  return h(
    "li",
    { class: "recommendation" },
    h("span", { class: "rank" }, row.rank),
    h("div", { class: "what" },
      h("p", { class: "title" }, name(row.product_name, { class: "strong" }), row.product_name === row.product_id ? null : name(row.product_id, { class: "sub" })),
      h("p", { class: "why" }, words(row.reason_text)),
      h("p", { class: "badges" }, h("span", { class: `badge kind ${row.kind}` }, code("kind", row.kind)), due(row, asOf), within(row), fulfilment(row), row.rule ? h("span", { class: "badge rule-badge", title: t("rule.moved") }, icon("rules"), " ", name(row.rule)) : null)),
    h("div", { class: "how-likely" }, h("strong", {}, likelihood(row.probability)), h("span", { class: "chance-bar" }, h("i", { style: { width: `${Math.min(row.probability ?? 0, 1) * 100}%` } })),
      h("span", { class: "links" }, viewsFor(role).includes("audience") ? h("a", { href: address("audience", { product: row.product_id }) }, t("person.who_else")) : null, store && may("demand:read") ? h("a", { href: address("forecast", { product: row.product_id, store: store.id }) }, t("nav.forecast")) : null)),
  );
}

function recommendations(answer, options) {
  const rows = (answer.recommendations ?? []).map((row) => ({ ...row, product_name: nameOf(row, answer.names), reason_text: reasonOf(row) }));
  if (!rows.length) return empty(t("person.nothing"), t("person.nothing_hint"));
  const save = () => download(`recommendations-${options.customer.id}.csv`, toCsv(CSV_COLUMNS, rows.map((row) => ({ ...row, reason: row.reason_text }))));
  return [
    answer.basis === "cold" ? h("p", { class: "notice" }, t("person.cold")) : null,
    (answer.notes ?? []).map((note) => h("p", { class: "notice" }, words(note.text))),
    h("ol", { class: "recommendations" }, rows.map((row) => recommendation(row, options))),
    h("p", { class: "buttons" }, h("button", { type: "button", dataset: { action: "csv" }, onclick: save }, icon("download"), t("action.csv")), h("button", { type: "button", onclick: () => print() }, icon("print"), t("action.print"))),
  ];
}

function select(label, values, chosen, text, onchange) {
  return h("label", { class: "field" }, h("span", {}, label), h("select", { onchange: (event) => onchange(event.target.value) }, values.map((value) => h("option", { value: String(value), selected: String(value) === String(chosen) }, text(value)))));
}

async function profilePart(customer, signal) {
  try {
    const answer = await call("profile", { customer_id: customer.id }, { signal });
    return profileBody(answer.profile ?? {});
  } catch (error) {
    if (error.status === 404) return empty(t("person.unknown"), problemText(error));
    if (signal.aborted || error.isAboutKey || error.status === 0) throw error;
    return failed(error);
  }
}

export async function personView(root, { params, overview, signal }) {
  const wanted = params.get("customer") ?? lastUsed("customer");
  const state = {
    customer: wanted ? await lookUp("customer", wanted, { signal }) : ((await search("customer", "", { limit: 1, signal }))[0] ?? null),
    store: params.get("store") ? await lookUp("store", params.get("store"), { signal }) : null,
    basket: await Promise.all(params.getAll("basket").map((id) => lookUp("product", id, { signal }))),
    kind: KINDS.includes(params.get("kind")) ? params.get("kind") : "mixed",
    k: COUNTS.includes(Number(params.get("k"))) ? Number(params.get("k")) : 10,
  };
  const [who, offers, title, bag] = [h("div"), h("div"), h("h2", {}), h("div")];
  const place = h("div", { class: "person" },
    h("section", { class: "panel who" }, title, who),
    h("section", { class: "panel offers" }, h("h2", {}, t("person.recommendations")), bag, offers));
  const nobody = h("div");

  const drawBag = async () => {
    try {
      replace(bag, await complementsOfBasket({ basket: state.basket, store: state.store, onadd: (item) => { const params = new URLSearchParams(location.hash.split("?")[1] ?? ""); params.append("basket", item.id); location.hash = `#/person?${params}`; } }, signal));
    } catch (error) {
      if (!("status" in error) && !signal.aborted) throw error;
      replace(bag);
    }
  };
  const drawOffers = () => { drawBag(); return askOffers(); };
  const askOffers = () => fill(offers, signal, async () => {
    const body = { customer_id: state.customer.id, k: state.k };
    if (state.kind !== "mixed") body.kind = state.kind;
    if (state.store) body.store_id = state.store.id;
    if (state.basket.length) body.basket = state.basket.map((one) => one.id);
    return recommendations(await call("recommend", body, { signal }), { asOf: overview?.as_of, role: overview?.role, store: state.store, customer: state.customer });
  });
  let write = (changes) => fillParams(params, changes); // what the address left open; what is chosen later is a step of the history
  const drawAddress = () => { write({ customer: state.customer?.id, store: state.store?.id, kind: state.kind === "mixed" ? null : state.kind, k: state.k === 10 ? null : state.k, basket: state.basket.map((one) => one.id) }); write = pushParams; };
  const drawAll = () => {
    place.hidden = !state.customer;
    replace(nobody, state.customer ? null : empty(t("person.choose"), t("person.choose_hint")));
    if (!state.customer) return null;
    drawAddress();
    remember("customer", state.customer.id);
    const label = state.customer.name && state.customer.name !== state.customer.id ? [name(state.customer.name), name(state.customer.id, { class: "sub" })] : name(state.customer.id);
    replace(title, label);
    return Promise.all([fill(who, signal, () => profilePart(state.customer, signal)), drawOffers()]);
  };
  const change = (field) => (value) => { state[field] = value; drawAddress(); if (state.customer) drawOffers(); };
  replace(
    root,
    h("h1", {}, t("nav.person")),
    h("form", { class: "pickers", onsubmit: (event) => event.preventDefault() },
      typeahead({ label: t("pick.customer"), kind: "customer", chosen: state.customer, onpick: (item) => { state.customer = item; drawAll(); } }).element,
      typeahead({ label: t("pick.store_optional"), kind: "store", chosen: state.store, placeholder: t("pick.any_store"), onpick: change("store") }).element,
      multiPicker({ label: t("pick.basket"), kind: "product", chosen: state.basket, storeId: () => state.store?.id, placeholder: t("pick.basket_hint"), onchange: change("basket") }).element,
      select(t("audience.kind"), KINDS, state.kind, (value) => t(`kind.${value}`), change("kind")),
      select(t("person.count"), COUNTS, state.k, String, (value) => change("k")(Number(value)))),
    place, nobody,
  );
  await drawAll();
}
