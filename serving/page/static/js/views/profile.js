// Profile of a customer, product or store: its features in words.

import { h, name, words } from "../dom.js";
import { code, currentLanguage, day, isMoney, isNumber, money, number, t } from "../i18n.js";

const STAGES = ["stranger", "visitor", "friend", "old_friend"];
const SHOWN_APART = new Set(["customer_id", "product_id", "store_id", "stage", "tags", "sentences", "facts", "title", "name", "headline", "summary", "language", "kind", "id", "person_id"]);

const textOf = (item) => (item && typeof item === "object" ? (item.label ?? item.text ?? item.name ?? item.code ?? "") : item);

function stagePath(stage) {
  const value = stage && typeof stage === "object" ? (stage.code ?? stage.stage) : stage;
  const at = STAGES.indexOf(value);
  if (at < 0) return stage ? h("p", { class: "stage-text" }, words(textOf(stage))) : null;
  const steps = STAGES.map((one, index) => h("li", { class: index === at ? "now" : index < at ? "past" : "", "aria-current": index === at ? "step" : null }, t(`stage.${one}`)));
  const since = typeof stage === "object" ? stage.since : null;
  return h("div", { class: "stage" }, h("ol", { "aria-label": t("stage.label") }, steps), since ? h("span", { class: "hint" }, t("stage.since", { day: day(since, "long") })) : null);
}

function valueText(value) {
  if (isNumber(value)) return number(value, Number.isInteger(value) ? 0 : 2);
  if (typeof value === "boolean") return t(value ? "word.yes" : "word.no");
  if (typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value)) return day(value, "long");
  return Array.isArray(value) ? words(value.map(textOf).join(t("word.list"))) : words(String(textOf(value)));
}

/** A fact's value with its unit: money by the page's rule, per cent without a space. */
function withUnit(fact) {
  const value = fact.value ?? fact.text;
  if (!fact.unit || !isNumber(value)) return value;
  if (isMoney(fact.unit)) return money(value);
  const unit = fact.unit.trim();
  return `${number(value, 2)}${unit === "%" || currentLanguage() === "zh" ? unit : ` ${unit}`}`;
}

function factsOf(profile) {
  const given = (profile.facts ?? []).map((fact) => [fact.label ?? fact.name, withUnit(fact)]);
  const rest = Object.entries(profile)
    .filter(([key, value]) => !SHOWN_APART.has(key) && value !== null && value !== "" && (typeof value !== "object" || Array.isArray(value)))
    .map(([key, value]) => [code("fact", key), value]);
  return [...given, ...rest].filter(([label]) => label);
}

/** Stage, tags, sentences and facts, whichever the profile has. */
export function profileBody(profile) {
  const sentences = [profile.headline, profile.summary, ...(profile.sentences ?? [])].flat().filter((one) => typeof one === "string" && one);
  const stage = STAGES.includes(profile.stage?.code) ? profile.stage.label : null;
  const tags = (profile.tags ?? []).map(textOf).filter((tag) => tag && tag !== stage);
  const facts = factsOf(profile);
  return [
    stagePath(profile.stage),
    tags.length ? h("ul", { class: "chips tags", "aria-label": t("person.tags") }, tags.map((tag) => h("li", { class: "chip" }, name(tag)))) : null,
    sentences.length ? h("div", { class: "sentences" }, sentences.map((sentence) => h("p", {}, words(sentence)))) : null,
    facts.length ? h("dl", { class: "facts" }, facts.map(([label, value]) => h("div", {}, h("dt", {}, words(label)), h("dd", {}, valueText(value))))) : null,
  ];
}
