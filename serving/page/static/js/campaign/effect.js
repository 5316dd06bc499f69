// What a campaign brought: contacted against held-out people, with intervals, and every look at it.

import { call } from "../api.js";
import { h, name, replace } from "../dom.js";
import { code, day, isNumber, money, number, percent, signed, t } from "../i18n.js";
import { intervalRows, lineWithBand } from "../plots.js";
import { problemWords } from "../problems.js";
import { empty, loading } from "../states.js";
import { storeName } from "../suggestions.js";
import { leftOut } from "./table.js";

const HUNDRED = 100;
const PARTS = 12;
const OUTCOMES = ["buyers", "purchases", "units"];

/** An estimate per hundred contacted people, or why there is none. */
function row(label, found, hint) {
  if (!found) return { label, hint, text: t("effect.too_few_here") };
  const [value, low, high] = [found.difference, found.low, found.high].map((one) => one * HUNDRED);
  return { label, hint, value, low, high, text: t("effect.interval", { value: signed(value), low: signed(low), high: signed(high) }) };
}

const people = (part) => t("effect.of_people", { contacts: part.contacts, holdout: part.holdout });

/** Channels, stages and stores on one scale, each list with its heading. */
function parts(effect) {
  const of = (list, label) => (list ?? []).slice(0, PARTS).map((part) => row(label(part.name), part.purchases, people(part)));
  const lists = [
    ["campaign.by_channel", of(effect.channels, (one) => code("channel", one))],
    ["campaign.by_segment", of(effect.segments, (one) => (one ? code("stage", one) : t("campaign.no_segment")))],
    ["campaign.by_shop", of(effect.stores, (one) => (one ? name(storeName(one)) : t("campaign.no_shop")))],
  ].filter(([, rows]) => rows.length);
  const all = lists.flatMap(([, rows]) => rows);
  return lists.map(([title, rows]) => h("section", {}, h("h3", {}, t(title)), intervalRows(rows, t(title), all)));
}

/** The answer in a sentence: did it work, and was it worth it. */
function verdict(effect) {
  const found = effect.outcomes.purchases;
  if (!found) return t("effect.verdict_unknown");
  const which = found.low > 0 ? "effect.verdict_up" : found.high < 0 ? "effect.verdict_down" : "effect.verdict_unclear";
  const all = found.difference * effect.contacts;
  return t(which, { count: number(Math.abs(all), 0), low: signed(found.low * effect.contacts, 0), high: signed(found.high * effect.contacts, 0) });
}

function figures(effect, receipts) {
  const one = (label, value, hint) => h("div", { class: "figure" }, h("dt", {}, t(label)), h("dd", {}, value), hint ? h("dd", { class: "hint" }, hint) : null);
  const { net, caused_share: share } = effect;
  return h("dl", { class: "figures" },
    one("effect.contacts", number(effect.contacts)), one("audience.holdout", number(effect.holdout)),
    one("effect.buyers", number(effect.attributed.buyers), effect.contacts ? percent(effect.attributed.buyers / effect.contacts) : null),
    one("effect.share", share ? percent(share.value, 0) : t("effect.unknown"), share ? t("effect.range", { low: percent(share.low, 0), high: percent(share.high, 0) }) : null),
    one("effect.net", net ? money(net.value, 0) : t("effect.unknown"), net ? t("effect.range", { low: money(net.low, 0), high: money(net.high, 0) }) : null),
    Object.entries(receipts ?? {}).filter(([, count]) => count > 0).map(([kind, count]) => h("div", { class: "figure" }, h("dt", {}, t(`receipt.${kind}`)), h("dd", {}, number(count)))));
}

function looks(list) {
  const seen = list.filter((look) => isNumber(look.difference)).map((look) => ({ date: look.as_of, value: look.difference * HUNDRED, low: look.low * HUNDRED, high: look.high * HUNDRED }));
  if (!seen.length) return null;
  const last = list.at(-1);
  return h("section", { class: "panel" }, h("h2", {}, t("effect.looks")), h("p", { class: "hint" }, t("effect.looks_hint")), lineWithBand(seen, { format: (value) => signed(value), summary: t("effect.looks") }),
    h("p", {}, t(last.is_clear ? "effect.reading_clear" : last.is_final ? "effect.reading_over" : "effect.reading_open", { day: day(last.as_of) })));
}

function shown(answer) {
  const { effect } = answer;
  if (!effect) return [leftOut(answer), empty(t("effect.none"), t("effect.none_hint"))];
  return [
    leftOut(answer),
    h("section", { class: "panel" }, h("h2", {}, t("effect.title", { day: day(effect.as_of, "long") })), h("p", { class: "lead" }, verdict(effect)), figures(effect, answer.receipts),
      h("p", { class: "hint" }, t(effect.is_final ? "effect.final" : "effect.not_final", { days: effect.days })),
      h("h3", {}, t("effect.per_hundred")), intervalRows(OUTCOMES.map((outcome) => row(t(`effect.${outcome}_row`), effect.outcomes[outcome])), t("effect.per_hundred")),
      h("p", { class: "hint" }, t("effect.parts_hint")), parts(effect)),
    looks(answer.looks),
  ];
}

/** The effect with a button to measure it anew, for whoever may. */
export async function effectOf(campaignId, mayMeasure, { signal }) {
  const place = h("div");
  const problem = h("div", { class: "form-problem", role: "alert" });
  const measure = async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    replace(problem, loading(1));
    try {
      replace(place, shown(await call("campaign_measure", { campaign_id: campaignId }, { signal })));
      replace(problem);
    } catch (error) {
      if (!signal.aborted) replace(problem, problemWords(error));
    }
    button.disabled = false;
  };
  replace(place, shown(await call("campaign_effect", { campaign_id: campaignId }, { signal })));
  return [mayMeasure ? h("div", { class: "toolbar" }, h("button", { type: "button", class: "primary", dataset: { action: "measure" }, onclick: measure }, t("effect.measure")), problem) : null, place];
}
