// Merchandising rules: what overrides the recommender, where and until when. The list is saved as a whole.

import { call } from "../api.js";
import { h, icon, name, replace, words } from "../dom.js";
import { draftOf, keepDraft } from "../drafts.js";
import { day, moment, number, percent, t } from "../i18n.js";
import { failureText } from "../problems.js";
import { empty, fill } from "../states.js";
import { storeName } from "../suggestions.js";
import { multiPicker } from "../typeahead.js";

const ACTIONS = ["pin", "boost", "bury", "exclude", "cap", "diversify", "allow"];
const ATTRIBUTES = ["product_id", "brand", "subcategory", "category", "department", "adult"];
const NEEDS_GOODS = new Set(["pin", "boost", "bury", "exclude"]);
const WITH_FACTOR = new Set(["boost", "bury", "diversify"]);
const SHOWN_ONLY = ["title", "state"];

const plain = (rule) => Object.fromEntries(Object.entries(rule).filter(([key]) => !SHOWN_ONLY.includes(key)));
const parts = (text) => text.split(/[,，;；\n]/).map((part) => part.trim()).filter(Boolean);
const field = (label, input) => h("label", { class: "field" }, h("span", {}, label), input);
const select = (key, values, text) => h("select", { name: key }, values.map((value) => h("option", { value }, text(value))));

/** A rule in one sentence: action, goods, stores, days. `names` of products by id. */
function sentence(rule, names) {
  const what = rule.values.length ? [t(`rule.attribute.${rule.attribute}`), " ", name(rule.values.map((value) => (rule.attribute === "product_id" ? (names[value] ?? value) : value)).join(t("word.list")))] : t(`rule.attribute.${rule.attribute}`);
  const how = WITH_FACTOR.has(rule.action) ? ` × ${number(rule.factor, 2)}` : rule.action === "cap" ? ` ≤ ${number(rule.limit)}` : "";
  const where = rule.stores.length ? [" · ", name(rule.stores.map(storeName).join(t("word.list")))] : null;
  const when = rule.starts_at || rule.ends_at ? [" · ", rule.starts_at ? moment(rule.starts_at) : "", " – ", rule.ends_at ? moment(rule.ends_at) : ""] : null;
  return [h("strong", {}, t(`rule.action.${rule.action}`), how), " · ", what, where, when, rule.adults_only ? [" · ", t("rule.adults_only")] : null, rule.test ? [" · ", t("rule.test", { name: rule.test, share: percent(rule.test_share ?? 0.5) })] : null];
}

const DRAFT = "rule";

/** Whether a listed rule says the same; what one does not name, the service names as nothing. */
function isSame(listed, rule) {
  const instant = (time) => (time ? Date.parse(time) : null);
  return Object.entries({ starts_at: null, ends_at: null, ...rule }).every(([key, value]) => (key.endsWith("_at") ? instant(listed[key]) === instant(value) : JSON.stringify(listed[key]) === JSON.stringify(value)));
}

/** Why a rule cannot be, in words with what to do; blank where it can. */
function fault(rule) {
  if (NEEDS_GOODS.has(rule.action) && !rule.values.length && rule.attribute !== "adult") return t("rule.fault.goods");
  if (rule.action === "allow" && rule.attribute !== "adult") return t("rule.fault.allow", { adult: t("rule.attribute.adult") });
  if (rule.starts_at && rule.ends_at && rule.starts_at >= rule.ends_at) return t("rule.fault.days");
  return "";
}

/** Whether the clock has left the day behind that campaigns count from: data of yesterday does not. */
const isBehind = ({ now, data_day: first }) => Boolean(first) && now.slice(0, 10) > first;

/** The form for one more rule; `onadd(rule, send)`. */
function form(onadd) {
  const before = draftOf(DRAFT)?.more;
  const input = (key, extra = {}) => h("input", { name: key, type: "text", maxlength: "300", ...extra });
  const factor = field(t("rule.factor"), input("factor", { type: "number", min: "1.1", max: "100", step: "any", value: "2" }));
  const limit = field(t("rule.limit"), input("limit", { type: "number", min: "1", max: "1000", step: "1", value: "2" }));
  const action = select("action", ACTIONS, (value) => t(`rule.action.${value}`));
  const attribute = select("attribute", ATTRIBUTES, (value) => t(`rule.attribute.${value}`));
  const goods = multiPicker({ label: t("pick.products"), kind: "product", chosen: before?.goods, onchange: () => draft.changed() });
  const values = field(t("rule.values"), input("values", { maxlength: "2000" }));
  const shops = multiPicker({ label: t("campaign.stores"), kind: "store", placeholder: t("pick.any_store"), chosen: before?.shops, onchange: () => draft.changed() });
  const wrong = h("p", { class: "form-problem", role: "alert" });
  const suit = () => {
    factor.hidden = !WITH_FACTOR.has(action.value);
    limit.hidden = action.value !== "cap";
    goods.element.hidden = attribute.value !== "product_id";
    values.hidden = !goods.element.hidden || attribute.value === "adult";
  };
  action.addEventListener("change", suit);
  attribute.addEventListener("change", suit);
  suit();
  const send = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    const rule = { action: given.action, attribute: given.attribute, values: goods.element.hidden ? parts(given.values) : goods.picked().map((one) => one.id), stores: shops.picked().map((one) => one.id), name: given.name.trim() };
    if (WITH_FACTOR.has(given.action)) rule.factor = Number(given.factor) || 2;
    if (given.action === "cap") rule.limit = Number(given.limit) || 2;
    for (const key of ["starts_at", "ends_at"]) if (given[key]) rule[key] = new Date(given[key]).toISOString();
    wrong.textContent = fault(rule);
    if (!wrong.textContent) onadd(rule, draft.send);
  };
  const element = h("form", { class: "pickers rule-form", onsubmit: send },
    field(t("rule.action"), action), field(t("rule.attribute"), attribute), goods.element, values, factor, limit, shops.element, field(t("rule.starts_at"), input("starts_at", { type: "datetime-local" })), field(t("rule.ends_at"), input("ends_at", { type: "datetime-local" })),
    field(t("rule.name"), input("name")), h("button", { type: "submit", class: "primary" }, t("rule.add")), wrong);
  const draft = keepDraft(element, DRAFT, { more: () => ({ goods: goods.picked(), shops: shops.picked() }), of: ["unsent.rule", {}], onlyUnsent: true });
  element.prepend(draft.notice);
  return element;
}

export async function rulesView(root, { signal }) {
  const [place, problem] = [h("div", { class: "result" }), h("p", { class: "form-problem", role: "alert" })];
  /** `taken`: the rules before one was removed, which a press brings back. */
  const show = (answer, taken = null) => {
    const save = async (rules, { before = null, send = (work) => work() } = {}) => {
      problem.textContent = "";
      try {
        const saved = await send(() => call("rules", { rules, version: answer.version }));
        if (signal.aborted) return;
        replace(place, show(saved, before));
        place.querySelector("[data-action=undo]")?.focus();
      } catch (error) {
        if (!signal.aborted) problem.textContent = failureText(error);
      }
    };
    /** The rule stands in the list: it came without our hearing, or somebody else made it. */
    const known = async (send) => {
      await send(async () => answer);
      replace(place, show(answer));
      problem.textContent = t("rule.there_already");
    };
    const rest = (index) => answer.rules.filter((_, other) => other !== index).map(plain);
    const row = (rule, index) => h("li", { class: `rule ${rule.state}` },
      h("div", {}, h("p", {}, sentence(rule, answer.names)), rule.name ? h("p", { class: "hint" }, name(rule.name)) : null),
      h("span", { class: `badge state-rule-${rule.state}` }, t(`rule.state.${rule.state}`)),
      answer.may_write ? h("button", { type: "button", "aria-label": t("action.remove", { name: rule.name || rule.title || t(`rule.action.${rule.action}`) }), onclick: () => save(rest(index), { before: answer.rules.map(plain) }) }, icon("close")) : null);
    return [
      taken ? h("p", { class: "buttons" }, h("button", { type: "button", dataset: { action: "undo" }, onclick: () => save(taken) }, icon("undo"), t("rule.undo"))) : null,
      answer.now ? h("p", { class: "hint" }, t("rule.states_at", { now: moment(answer.now) }), isBehind(answer) ? [t("sentence.space"), t("rule.clock_ahead", { day: day(answer.data_day, "full") })] : null) : null,
      answer.set_by ? h("p", { class: "hint" }, t("rule.set_by", { who: answer.set_by, when: moment(answer.set_at) })) : null,
      (answer.warnings ?? []).map((warning) => h("p", { class: "notice warn" }, icon("alert"), " ", words(warning))),
      answer.rules.length ? h("ol", { class: "panel rules" }, answer.rules.map(row)) : empty(t("rule.none"), t("rule.none_hint")),
      answer.may_write ? h("section", { class: "panel" }, h("h2", {}, t("rule.new")), form((rule, send) => (answer.rules.some((one) => isSame(one, rule)) ? known(send) : save([...answer.rules.map(plain), rule], { send })))) : h("p", { class: "hint" }, t("rule.read_only")),
    ];
  };
  replace(root, h("h1", {}, t("nav.rules")), h("p", { class: "intro" }, t("rule.intro")), problem, place);
  await fill(place, signal, async () => show(await call("rules", {}, { signal })));
}
