// Calendar of promotions: what runs when, beside campaigns and marked days.

import { call } from "../api.js";
import { h, isPhone, name, replace } from "../dom.js";
import { choice, field } from "../fields.js";
import { addDays, code, day, dayText, dayTime, number, t } from "../i18n.js";
import { festivalName, promotionKind } from "../known_names.js";
import { failureText } from "../problems.js";
import { address, viewsFor } from "../route.js";
import { empty, fill } from "../states.js";
import { storeName } from "../suggestions.js";

const PAGE = 60;
const ON_PHONE = 20;
const STEP_DAYS = 28;

const span = (row) => (row.begins_on === row.ends_on ? day(row.begins_on, "medium") : `${day(row.begins_on, "short")} – ${day(row.ends_on, "short")}`);

/** Where something stands between the first and the last day, in per cent of the width. */
function scaleOf(answer) {
  const [first, last] = [dayTime(answer.begins_on), dayTime(addDays(answer.ends_on, 1))];
  const at = (text) => ((dayTime(text) - first) / (last - first)) * 100;
  const inside = (value) => Math.min(Math.max(value, 0), 100);
  return (row) => { const left = inside(at(row.begins_on)); return { left, width: Math.max(inside(at(addDays(row.ends_on, 1))) - left, 0.6) }; };
}

const bar = (place, kind) => h("span", { class: `day-bar ${kind}`, "aria-hidden": "true" }, h("i", { style: { left: `${place.left}%`, width: `${place.width}%` } }));

/** The first of each month and today, above the bars. */
function scale(answer, at) {
  const marks = [{ on: answer.as_of, text: t("calendar.today"), kind: "today" }];
  for (let on = `${answer.begins_on.slice(0, 8)}01`; on <= answer.ends_on; on = `${addDays(on, 31).slice(0, 8)}01`) if (on >= answer.begins_on) marks.push({ on, text: day(on, "short"), kind: "" });
  const placed = marks.filter((one) => one.on >= answer.begins_on && one.on <= answer.ends_on).map((one) => ({ ...one, left: at({ begins_on: one.on, ends_on: one.on }).left }));
  // a month that begins beside today leaves the place to today
  const [today] = placed.filter((one) => one.kind);
  const shown = placed.filter((one) => one.kind || !today || Math.abs(one.left - today.left) > 9);
  return h("div", { class: "day-scale", "aria-hidden": "true" }, shown.map((one) => h("span", { class: one.kind, style: { left: `${one.left}%` } }, one.text)));
}

function promotion(row, names, at) {
  const goods = row.product_ids.map((id) => names[id] ?? id);
  const more = row.products - goods.length;
  const title = goods.length ? name(goods.join(t("word.list"))) : row.promotion_id;
  const facts = [promotionKind(row.mechanic), span(row), row.stores === null ? t("calendar.all_stores") : t("calendar.stores", { count: row.stores }), row.display ? t("calendar.display") : null, row.mailer ? t("calendar.mailer") : null].filter(Boolean);
  return h("li", { title: row.promotion_id }, h("div", {}, h("span", { class: "strong" }, title, more > 0 ? ` ${t("calendar.more_goods", { count: more })}` : null), h("span", { class: "sub" }, facts.flatMap((one, index) => [index ? " · " : null, name(one)]))), bar(at(row), "promotion"));
}

function campaign(row, at, isOpen) {
  const title = name(row.name, { class: "strong" });
  return h("li", {}, h("div", {}, isOpen ? h("a", { href: address("campaigns", { id: row.campaign_id }) }, title) : title, h("span", { class: "sub" }, code("campaign_state", row.state), " · ", span(row))), bar(at(row), "campaign"));
}

/** Days that follow each other under one name are one line. */
function together(days) {
  const runs = [];
  for (const one of days) {
    const last = runs.findLast((run) => run.name === one.name);
    if (last && addDays(last.ends_on, 1) >= one.date) last.ends_on = one.date;
    else runs.push({ name: one.name, type: one.type, begins_on: one.date, ends_on: one.date });
  }
  return runs;
}

const part = (title, rows) => (rows.length ? h("section", { class: "panel" }, h("h2", {}, title), rows) : null);

/** Whether a text of an address names a day of the calendar that data may be of. */
const isDay = (text) => /^(19[7-9]|2\d\d)\d-\d{2}-\d{2}$/.test(text ?? "") && !Number.isNaN(dayTime(text)) && dayText(dayTime(text)) === text;

export async function calendarView(root, { params, overview, signal }) {
  const [asked, store] = [params.get("from"), params.get("store")];
  const begins = isDay(asked) ? asked : null;
  const place = h("div", { class: "result" });
  const go = (changes) => { location.hash = address("calendar", { from: begins, store, ...changes }); };
  const stores = overview?.stores ?? [];
  const form = h("form", { class: "pickers", onsubmit: (event) => event.preventDefault() },
    choice(t("overview.shop"), "store", ["", ...stores.map((one) => one.id)], store ?? "", (id) => (id ? storeName(id) : t("pick.any_store")), (event) => go({ store: event.target.value })),
    field(t("calendar.from"), h("input", { type: "date", name: "from", value: begins ?? "", onchange: (event) => go({ from: event.target.value }) })));
  replace(root, h("h1", {}, t("nav.calendar")), h("p", { class: "intro" }, t("calendar.intro")), form, asked && !begins ? h("p", { class: "notice warn", role: "status" }, t("calendar.no_day", { text: asked })) : null, place);
  const page = isPhone() ? ON_PHONE : PAGE;
  const body = { limit: page, ...(begins ? { begins_on: begins, ends_on: addDays(begins, 3 * STEP_DAYS - 1) } : {}), ...(store ? { store_id: store } : {}) };
  await fill(place, signal, async () => {
    const answer = await call("calendar", body, { signal });
    form.elements.from.value = answer.begins_on;
    const at = scaleOf(answer);
    const isOpen = viewsFor(overview?.role).includes("campaigns");
    const list = h("ul", { class: "day-rows" }, answer.promotions.map((row) => promotion(row, answer.names, at)));
    let shown = answer.promotions.length;
    const foot = h("p", { class: "buttons" });
    const problem = h("p", { class: "form-problem", role: "alert" });
    const further = () => replace(foot, t("table.shown", { shown, total: answer.total }), shown < answer.total ? h("button", { type: "button", dataset: { action: "more" }, onclick: more }, t("table.more", { count: number(Math.min(page, answer.total - shown)) })) : null);
    const more = async () => {
      try {
        const next = await call("calendar", { ...body, begins_on: answer.begins_on, ends_on: answer.ends_on, offset: shown }, { signal });
        list.append(...next.promotions.map((row) => promotion(row, next.names, at)));
        shown += next.promotions.length;
        further();
      } catch (error) {
        if (!signal.aborted) problem.textContent = failureText(error);
      }
    };
    further();
    const step = (key, days) => h("a", { class: "button", dataset: { step: key }, href: address("calendar", { from: addDays(answer.begins_on, days), store }) }, t(`calendar.${key}`));
    const isBeyond = answer.published_from && (answer.begins_on < answer.published_from || answer.ends_on > answer.published_until);
    return [
      h("div", { class: "toolbar calendar-steps", role: "group", "aria-label": t("calendar.days") }, step("earlier", -STEP_DAYS), h("strong", {}, `${day(answer.begins_on, "long")} – ${day(answer.ends_on, "long")}`), step("later", STEP_DAYS)),
      answer.published_from === null ? h("p", { class: "notice warn" }, t("calendar.not_published")) : null,
      isBeyond ? h("p", { class: "hint" }, t("calendar.beyond", { from: day(answer.published_from, "long"), until: day(answer.published_until, "long") })) : null,
      part(t("calendar.days_title"), answer.days.length ? [scale(answer, at), h("ul", { class: "day-rows" }, together(answer.days).map((row) => h("li", {}, h("div", {}, name(festivalName(row.name), { class: "strong" }), h("span", { class: "sub" }, code("event_type", row.type), " · ", span(row))), bar(at(row), "marked"))))] : []),
      part(t("nav.campaigns"), answer.campaigns.length ? [scale(answer, at), h("ul", { class: "day-rows" }, answer.campaigns.map((row) => campaign(row, at, isOpen)))] : []),
      answer.total ? h("section", { class: "panel" }, h("h2", {}, t("calendar.promotions")), scale(answer, at), list, problem, foot) : empty(t("calendar.none"), t("calendar.none_hint")),
    ];
  }, { lines: 8 });
}
