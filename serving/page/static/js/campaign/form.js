// What a campaign is about: goods, people, messages, days and money. Gives and takes the service's definition.

import { call } from "../api.js";
import { h, replace } from "../dom.js";
import { draftOf, keepDraft } from "../drafts.js";
import { choice, field, numberBox } from "../fields.js";
import { addDays, code, day, t } from "../i18n.js";
import { multiPicker } from "../typeahead.js";

export const CHANNELS = ["wechat", "sms", "app", "email", "guide"];
const STAGES = ["visitor", "friend", "old_friend", "sleeping", "lost"];
const KINDS = ["mixed", "repeat", "explore"];
const GOODS = ["products", "left_over", "category", "launched", "any"];
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];
const MONDAY = "2024-01-01";
/** Days that a campaign may last, as the service takes them. */
const MOST_DAYS = 366;

const amount = (text) => (text === "" || text === null || text === undefined ? null : Number(text));

export function goodsKind(definition) {
  if (definition.left_over) return "left_over";
  if (definition.category) return "category";
  if (definition.launched_since) return "launched";
  return definition.product_ids?.length ? "products" : "any";
}

/** Segments to choose from: saved ones and the stages of a customer's life. */
async function segmentChoices(signal) {
  try {
    return (await call("segments", {}, { signal })).segments.map((row) => row.name);
  } catch (error) {
    if (signal.aborted) throw error;
    return []; // stages still work where segments cannot be listed
  }
}

export const segmentName = (value) => (value === "" ? t("campaign.everybody") : value.startsWith("stage:") ? t("campaign.stage", { stage: code("stage", value.slice(6)) }) : value);

function messages(slots) {
  const row = (channel) => {
    const slot = slots.find((one) => one.channel === channel);
    const used = h("input", { type: "checkbox", name: `use_${channel}`, checked: Boolean(slot) });
    const text = (key, label) => h("label", { class: "field" }, h("span", {}, label), h("textarea", { name: `${key}_${channel}`, rows: "2", maxlength: "2000", required: Boolean(slot) }, slot?.[key] ?? ""));
    const parts = h("div", { class: "slot-texts", hidden: !slot }, text("text_zh", t("campaign.text_zh")), text("text", t("campaign.text_en")), numberBox(t("campaign.contact_cost"), `cost_${channel}`, slot?.contact_cost ?? 0, { min: 0, step: "any" }));
    used.addEventListener("change", () => {
      parts.hidden = !used.checked;
      parts.querySelectorAll("textarea").forEach((box) => { box.required = used.checked; });
      const filled = [...parts.closest("fieldset").querySelectorAll(".slot-texts:not([hidden]) textarea")].filter((box) => box.value);
      if (used.checked) parts.querySelectorAll("textarea").forEach((box) => { box.value ||= filled.find((other) => other.name.startsWith(box.name.replace(channel, "")))?.value ?? ""; });
    });
    return h("div", { class: "slot" }, h("label", { class: "option" }, used, h("strong", {}, code("channel", channel))), parts);
  };
  return h("fieldset", { class: "slots" }, h("legend", {}, t("campaign.messages")), CHANNELS.map(row));
}

function days(definition) {
  const chosen = definition.weekdays ?? WEEKDAYS;
  const last = definition.ends_on ? addDays(definition.ends_on, -1) : "";
  const weekday = (one) => h("label", { class: "weekday" }, h("input", { type: "checkbox", name: "weekday", value: one, checked: chosen.includes(one) }), h("span", {}, weekdayName(one)));
  return [
    field(t("campaign.first_day"), h("input", { type: "date", name: "starts_on", required: true, value: definition.starts_on ?? "" })),
    field(t("campaign.last_day"), h("input", { type: "date", name: "last_day", required: true, value: last })),
    numberBox(t("campaign.first_hour"), "first_hour", definition.first_hour ?? 9, { min: 0, max: 23, step: 1, required: true }),
    numberBox(t("campaign.last_hour"), "last_hour", definition.last_hour ?? 21, { min: 1, max: 24, step: 1, required: true }),
    h("fieldset", { class: "weekdays" }, h("legend", {}, t("campaign.weekdays")), WEEKDAYS.map(weekday)),
  ];
}

export const weekdayName = (one) => day(addDays(MONDAY, one - 1), "weekday");

/** The form's definition: only what was said, as the service takes it. */
function read(form, picked) {
  const value = (name) => form.elements[name]?.value?.trim() ?? "";
  const definition = { name: value("name"), kind: value("kind"), starts_on: value("starts_on"), ends_on: value("last_day") ? addDays(value("last_day"), 1) : "", first_hour: Number(value("first_hour")), last_hour: Number(value("last_hour")), stock_limit: form.elements.stock_limit.checked };
  definition.weekdays = [...form.querySelectorAll("[name=weekday]:checked")].map((box) => Number(box.value));
  const goods = value("goods");
  if (["products", "left_over"].includes(goods)) definition.product_ids = picked.products.map((one) => one.id);
  if (goods === "left_over") definition.left_over = true;
  if (goods === "category") definition.category = value("category");
  if (goods === "launched") definition.launched_since = value("launched_since");
  if (value("segment")) definition.segment = value("segment");
  if (picked.stores.length) definition.store_ids = picked.stores.map((one) => one.id);
  definition.slots = CHANNELS.filter((channel) => form.elements[`use_${channel}`].checked).map((channel) => ({ channel, text: value(`text_${channel}`), text_zh: value(`text_zh_${channel}`), contact_cost: amount(value(`cost_${channel}`)) ?? 0 }));
  for (const name of ["size", "budget", "margin"]) if (amount(value(name)) !== null) definition[name] = amount(value(name));
  if (amount(value("holdout")) !== null) definition.holdout_share = amount(value("holdout")) / 100;
  return definition;
}

/** What is missing that the boxes themselves cannot tell; null where nothing is. */
function missing(definition, goods) {
  if (goods === "products" && !definition.product_ids.length) return "campaign.no_products";
  if (goods === "any" && !definition.segment) return "campaign.no_people";
  if (!definition.slots.length) return "campaign.no_channel";
  if (!definition.weekdays.length) return "campaign.no_weekday";
  // `ends_on` is the day after the last
  if (definition.ends_on <= definition.starts_on) return "campaign.last_before_first";
  if (definition.ends_on > addDays(definition.starts_on, MOST_DAYS)) return "campaign.too_long";
  if (definition.last_hour <= definition.first_hour) return "campaign.hours_backwards";
  return null;
}

/**
 * @param {object} options draft (name of what is kept while it is not saved), definition, goodsFrom (one of GOODS), products and stores ({id, name}) already chosen, signal,
 *   onsave(definition, send): send(work) keeps it until it is stored; label of the button, customerIds of a list of people that goes along, version that is changed, which the draft holds
 */
export async function campaignForm({ definition, goodsFrom = goodsKind(definition), products, stores, signal, onsave, label, customerIds, draft, version = null }) {
  const names = await segmentChoices(signal);
  const segments = ["", ...new Set([...names, ...STAGES.map((stage) => `stage:${stage}`), definition.segment].filter(Boolean))];
  const before = draftOf(draft)?.more;
  const picked = { products: before?.products ?? products, stores: before?.stores ?? stores, ...(version ? { version } : {}) };
  const problem = h("p", { class: "form-problem", role: "alert" });
  const picker = multiPicker({ label: t("pick.products"), kind: "product", chosen: picked.products, onchange: (next) => { picked.products = next; drafted.changed(); } });
  const category = field(t("campaign.category"), h("input", { name: "category", value: definition.category ?? "", maxlength: "200" }));
  const launched = field(t("campaign.launched_since"), h("input", { type: "date", name: "launched_since", value: definition.launched_since ?? "" }));
  const goods = choice(t("campaign.goods"), "goods", GOODS, goodsFrom, (value) => t(`campaign.goods.${value}`));
  const suit = () => {
    const chosen = goods.querySelector("select").value;
    picker.element.hidden = !["products", "left_over"].includes(chosen);
    category.hidden = chosen !== "category";
    category.querySelector("input").required = chosen === "category";
    launched.hidden = chosen !== "launched";
    launched.querySelector("input").required = chosen === "launched";
  };
  goods.addEventListener("change", suit);
  suit();
  const storePicker = multiPicker({ label: t("campaign.stores"), kind: "store", chosen: picked.stores, placeholder: t("pick.any_store"), onchange: (next) => { picked.stores = next; drafted.changed(); } });
  const send = async (event) => {
    event.preventDefault();
    const made = read(form, picked);
    if (customerIds?.length) made.customer_ids = customerIds;
    const wanted = missing(made, form.elements.goods.value);
    replace(problem, wanted ? t(wanted) : null);
    if (!wanted) await onsave(made, drafted.send);
  };
  const form = h("form", { class: "panel campaign-form", onsubmit: send },
    h("div", { class: "pickers" }, h("label", { class: "field wide" }, h("span", {}, t("campaign.name")), h("input", { name: "name", required: true, maxlength: "200", value: definition.name ?? "", autocomplete: "off" }))),
    h("div", { class: "pickers" }, goods, picker.element, category, launched),
    h("div", { class: "pickers" }, choice(t("campaign.people"), "segment", segments, definition.segment ?? "", segmentName), storePicker.element, choice(t("audience.kind"), "kind", KINDS, definition.kind ?? "mixed", (value) => t(`kind.${value}`))),
    h("div", { class: "pickers" }, days(definition)), messages(definition.slots ?? []),
    h("details", { class: "limits", open: [definition.size, definition.budget, definition.margin].some((one) => one !== undefined && one !== null) }, h("summary", {}, t("campaign.limits")),
      h("div", { class: "pickers" }, numberBox(t("campaign.size"), "size", definition.size, { min: 1, max: 1000000, step: 1 }, t("campaign.size_hint")), numberBox(t("campaign.budget"), "budget", definition.budget, { min: 0, step: "any" }), numberBox(t("audience.holdout_share"), "holdout", definition.holdout_share === undefined || definition.holdout_share === null ? "" : Math.round(definition.holdout_share * 1000) / 10, { min: 0, max: 99, step: "any" }, t("column_help.group")), numberBox(t("campaign.margin"), "margin", definition.margin, { min: 0, step: "any" }, t("campaign.margin_hint"))),
      h("label", { class: "option" }, h("input", { type: "checkbox", name: "stock_limit", checked: definition.stock_limit !== false }), h("span", {}, t("campaign.stock_limit"), h("span", { class: "hint" }, t("campaign.stock_limit_hint"))))),
    problem, h("p", { class: "buttons" }, h("button", { type: "submit", class: "primary", dataset: { action: "save-preview" } }, label)));
  const drafted = keepDraft(form, draft, { more: () => picked, of: definition.name ? ["unsent.campaign", { name: definition.name }] : ["unsent.campaign_new", {}] });
  form.prepend(drafted.notice);
  return form;
}
