// A campaign's definition in words, and where two people changed it the two definitions side by side.

import { h, scrollBox, words } from "../dom.js";
import { addDays, code, day, money, moment, number, percent, t } from "../i18n.js";
import { storeName } from "../suggestions.js";
import { goodsKind, weekdayName } from "./form.js";

const listed = (values) => values.join(t("word.list"));

function goodsText(definition, names) {
  const named = listed((definition.product_ids ?? []).map((id) => names[id] ?? id));
  const kind = goodsKind(definition);
  if (kind === "products") return named;
  if (kind === "category") return `${t("campaign.category")}: ${definition.category}`;
  if (kind === "launched") return `${t("campaign.launched_since")}: ${day(definition.launched_since)}`;
  return [t(`campaign.goods.${kind}`), named].filter(Boolean).join(": ");
}

function peopleText(definition) {
  const { segment } = definition;
  const who = !segment ? t("campaign.everybody") : segment.startsWith("stage:") ? t("campaign.stage", { stage: code("stage", segment.slice(6)) }) : segment;
  return [who, definition.customer_ids?.length ? t("campaign.named_people", { count: definition.customer_ids.length }) : null, definition.store_ids?.length ? listed(definition.store_ids.map(storeName)) : null].filter(Boolean).join(" · ");
}

/** Rows of [label key, text] that say all of a definition; fields that were not given are left out. */
export function definitionRows(definition, names) {
  const hours = `${definition.first_hour ?? 9}:00–${definition.last_hour ?? 21}:00`;
  const weekdays = definition.weekdays && definition.weekdays.length < 7 ? listed(definition.weekdays.map(weekdayName)) : "";
  const rows = [
    ["campaign.name", definition.name], ["campaign.goods", goodsText(definition, names)], ["campaign.people", peopleText(definition)],
    ["audience.kind", t(`kind.${definition.kind ?? "mixed"}`)],
    ["campaign.days", `${day(definition.starts_on)} – ${day(addDays(definition.ends_on, -1))}${weekdays ? ` · ${weekdays}` : ""} · ${hours}`],
    ...(definition.slots ?? []).map((slot) => [`channel.${slot.channel}`, `${slot.text_zh} / ${slot.text}${slot.contact_cost ? ` (${money(slot.contact_cost)})` : ""}`]),
    ["campaign.size", definition.size ? number(definition.size) : ""], ["campaign.budget", definition.budget ? money(definition.budget) : ""], ["campaign.margin", definition.margin ? money(definition.margin) : ""],
    ["audience.holdout_share", typeof definition.holdout_share === "number" ? percent(definition.holdout_share) : ""],
    ["campaign.stock_limit", definition.stock_limit === false ? t("word.no") : ""],
  ];
  return rows.filter(([, text]) => text);
}

export const definitionList = (definition, names) => h("dl", { class: "facts one-column definition" }, definitionRows(definition, names).map(([label, text]) => h("div", {}, h("dt", {}, t(label)), h("dd", {}, words(text)))));

/** Somebody else was faster: what differs, theirs beside mine, and which one counts. */
export function conflictBox(details, { names, take, keep }) {
  const { theirs, yours } = details;
  const head = h("p", { class: "strong" }, t("conflict.title"));
  const who = t("conflict.theirs", { who: theirs.changed_by, when: moment(theirs.changed_at) });
  const reload = h("button", { type: "button", dataset: { action: "take-theirs" }, onclick: take }, t(yours.campaign ? "conflict.take" : "conflict.look"));
  if (!yours.campaign) return h("div", { class: "conflict", role: "alert" }, head, h("p", {}, who), reload);
  const [other, own] = [theirs.campaign, yours.campaign].map((one) => new Map(definitionRows(one, names)));
  const differing = [...new Set([...other.keys(), ...own.keys()])].filter((key) => other.get(key) !== own.get(key));
  const isOpen = ["draft", "previewed"].includes(theirs.state);
  const body = differing.map((key) => h("tr", {}, h("th", { scope: "row" }, t(key)), h("td", {}, words(other.get(key) ?? "–")), h("td", {}, words(own.get(key) ?? "–"))));
  return h("div", { class: "conflict", role: "alert" }, head,
    differing.length ? scrollBox(t("conflict.title"), h("table", { class: "data compact" }, h("caption", { class: "visually-hidden" }, t("conflict.title")), h("thead", {}, h("tr", {}, h("td"), h("th", { scope: "col" }, who), h("th", { scope: "col" }, t("conflict.mine")))), h("tbody", {}, body))) : h("p", {}, t("conflict.same")),
    h("p", { class: "buttons" }, reload, isOpen ? h("button", { type: "button", dataset: { action: "keep-mine" }, onclick: keep }, t("conflict.keep")) : h("span", { class: "hint" }, t("problem.campaign_state", { state: t(`campaign_state.${theirs.state}`) }))));
}

