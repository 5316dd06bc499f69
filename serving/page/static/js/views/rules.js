// Merchandising rules: what overrides the recommender, where and until when. The list is saved as a whole.

import { call } from "../api.js";
import { h, icon, name, replace, words } from "../dom.js";
import { moment, number, percent, t } from "../i18n.js";
import { empty, fill } from "../states.js";
import { storeName } from "../suggestions.js";

const ACTIONS = ["pin", "boost", "bury", "exclude", "cap", "diversify", "allow"];
const ATTRIBUTES = ["product_id", "brand", "subcategory", "category", "department", "adult"];
const WITH_FACTOR = new Set(["boost", "bury", "diversify"]);
const SHOWN_ONLY = ["title", "state"];

const plain = (rule) => Object.fromEntries(Object.entries(rule).filter(([key]) => !SHOWN_ONLY.includes(key)));
const parts = (text) => text.split(/[,，;；\n]/).map((part) => part.trim()).filter(Boolean);
const field = (label, input) => h("label", { class: "field" }, h("span", {}, label), input);
const select = (key, values, text) => h("select", { name: key }, values.map((value) => h("option", { value }, text(value))));

/** A rule in one sentence: action, goods, stores, days. */
function sentence(rule) {
  const what = rule.values.length ? [t(`rule.attribute.${rule.attribute}`), " ", name(rule.values.join(t("word.list")))] : t(`rule.attribute.${rule.attribute}`);
  const how = WITH_FACTOR.has(rule.action) ? ` × ${number(rule.factor, 2)}` : rule.action === "cap" ? ` ≤ ${number(rule.limit)}` : "";
  const where = rule.stores.length ? [" · ", name(rule.stores.map(storeName).join(t("word.list")))] : null;
  const when = rule.starts_at || rule.ends_at ? [" · ", rule.starts_at ? moment(rule.starts_at) : "", " – ", rule.ends_at ? moment(rule.ends_at) : ""] : null;
  return [h("strong", {}, t(`rule.action.${rule.action}`), how), " · ", what, where, when, rule.adults_only ? [" · ", t("rule.adults_only")] : null, rule.test ? [" · ", t("rule.test", { name: rule.test, share: percent(rule.test_share ?? 0.5) })] : null];
}

/** The form for one more rule; `onadd(rule)`. */
function form(onadd) {
  const input = (key, extra = {}) => h("input", { name: key, type: "text", maxlength: "300", ...extra });
  const factor = field(t("rule.factor"), input("factor", { type: "number", min: "1.1", max: "100", step: "any", value: "2" }));
  const limit = field(t("rule.limit"), input("limit", { type: "number", min: "1", max: "1000", step: "1", value: "2" }));
  const action = select("action", ACTIONS, (value) => t(`rule.action.${value}`));
  const suit = () => { factor.hidden = !WITH_FACTOR.has(action.value); limit.hidden = action.value !== "cap"; };
  action.addEventListener("change", suit);
  suit();
  const send = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    const rule = { action: given.action, attribute: given.attribute, values: parts(given.values), stores: parts(given.stores), name: given.name.trim() };
    if (WITH_FACTOR.has(given.action)) rule.factor = Number(given.factor) || 2;
    if (given.action === "cap") rule.limit = Number(given.limit) || 2;
    for (const key of ["starts_at", "ends_at"]) if (given[key]) rule[key] = new Date(given[key]).toISOString();
    onadd(rule);
  };
  return h("form", { class: "pickers rule-form", onsubmit: send },
    field(t("rule.action"), action), field(t("rule.attribute"), select("attribute", ATTRIBUTES, (value) => t(`rule.attribute.${value}`))),
    field(t("rule.values"), input("values", { placeholder: t("rule.values_hint"), maxlength: "2000" })), factor, limit,
    field(t("rule.stores"), input("stores", { placeholder: t("pick.any_store") })), field(t("rule.starts_at"), input("starts_at", { type: "datetime-local" })), field(t("rule.ends_at"), input("ends_at", { type: "datetime-local" })),
    field(t("rule.name"), input("name")), h("button", { type: "submit", class: "primary" }, t("rule.add")));
}

export async function rulesView(root, { signal }) {
  const [place, problem] = [h("div", { class: "result" }), h("p", { class: "form-problem", role: "alert" })];
  const show = (answer) => {
    const save = async (rules) => {
      problem.textContent = "";
      try {
        replace(place, show(await call("rules", { rules, version: answer.version }, { signal })));
      } catch (error) {
        if (!signal.aborted) problem.textContent = error.message || t("error.unreachable.title");
      }
    };
    const rest = (index) => answer.rules.filter((_, other) => other !== index).map(plain);
    const row = (rule, index) => h("li", { class: `rule ${rule.state}` },
      h("div", {}, h("p", {}, sentence(rule)), rule.name ? h("p", { class: "hint" }, name(rule.name)) : null),
      h("span", { class: `badge state-rule-${rule.state}` }, t(`rule.state.${rule.state}`)),
      answer.may_write ? h("button", { type: "button", "aria-label": t("action.remove", { name: rule.name || rule.title || t(`rule.action.${rule.action}`) }), onclick: () => save(rest(index)) }, icon("close")) : null);
    return [
      answer.set_by ? h("p", { class: "hint" }, t("rule.set_by", { who: answer.set_by, when: moment(answer.set_at) })) : null,
      (answer.warnings ?? []).map((warning) => h("p", { class: "notice warn" }, icon("alert"), " ", words(warning))),
      answer.rules.length ? h("ol", { class: "panel rules" }, answer.rules.map(row)) : empty(t("rule.none"), t("rule.none_hint")),
      answer.may_write ? h("section", { class: "panel" }, h("h2", {}, t("rule.new")), form((rule) => save([...answer.rules.map(plain), rule]))) : h("p", { class: "hint" }, t("rule.read_only")),
    ];
  };
  replace(root, h("h1", {}, t("nav.rules")), h("p", { class: "intro" }, t("rule.intro")), problem, place);
  await fill(place, signal, async () => show(await call("rules", {}, { signal })));
}
