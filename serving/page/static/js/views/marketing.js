// The marketer's landing: what excess stock is worth, who is due, what waits for a decision, what runs and what it brought.

import { call } from "../api.js";
import { calledCampaign, campaignTable, leftOut, startLinks } from "../campaign/table.js";
import { h, icon, replace } from "../dom.js";
import { addDays, day, isNumber, money, number, t } from "../i18n.js";
import { address, viewsFor } from "../route.js";
import { empty, fill } from "../states.js";

const SHOWN = 8;
/** Groups that are worth a look any day: what is counted, and where one goes on. */
const GROUPS = {
  due: { expression: "next_due_on between today and today + 7" },
  sleeping: { expression: "stage = sleeping", segment: "stage:sleeping" },
  bag: { expression: "did(event_type = bag_add, last 7 days) and not bought(last 7 days)" },
};

function card(title, value, hint, links) {
  return h("section", { class: "panel card" }, h("h2", {}, title), h("p", { class: "card-value" }, value), h("p", { class: "hint" }, hint), h("p", { class: "buttons" }, links));
}

const link = (key, where, action) => h("a", { class: "button", dataset: { action }, href: where }, t(key));

/** What is left over and may still be sold, as the service adds it up. */
async function excessCard(overview, signal) {
  const sums = (until) => call("listing", { table: "leftovers", where: [{ column: "sell_by", at_least: addDays(overview.as_of, 1), ...until }], limit: 0 }, { signal });
  const [{ total, totals }, soon] = await Promise.all([sums({}), sums({ at_most: addDays(overview.as_of, 7) })]);
  return card(t("marketing.excess"), total && !isNumber(totals.value_at_risk) ? t("line.unknown") : money(totals.value_at_risk ?? 0, 0), t("marketing.excess_hint", { count: total, soon: soon.total }), total ? link("marketing.start", address("campaigns", { new: "leftovers" }), "start-leftovers") : null);
}

async function groupCard(which, signal) {
  const { expression, segment } = GROUPS[which];
  const { count } = await call("segments", { action: "count", expression }, { signal });
  const onwards = segment ? link("marketing.start", address("campaigns", { new: "segment", segment }), `start-${which}`) : link("marketing.to_segment", address("segments", { new: "1", expression }), `start-${which}`);
  return card(t(`marketing.${which}`), number(count.people), t("marketing.contactable", { count: count.contactable }), count.people ? onwards : null);
}

/** A card, or nothing where these data have none of that kind; other failures are told in its place. */
function cardPlace(work, signal) {
  const place = h("div", { class: "card-place" });
  const quiet = async () => {
    try {
      return await work();
    } catch (error) {
      if (error.status === 422 || error.status === 404 || error.status === 400) return null;
      throw error;
    }
  };
  fill(place, signal, quiet, { lines: 3 });
  return place;
}

/** What waits for somebody: an approval, a preview, or a measurement after the last day. */
function waiting(campaigns) {
  const said = (row) => {
    if (row.state === "previewed") return ["marketing.to_approve", row.created_by];
    if (row.state === "draft") return ["marketing.to_preview", row.created_by];
    return ["marketing.to_measure", row.created_by];
  };
  const open = campaigns.filter((row) => ["draft", "previewed"].includes(row.state) || (row.state === "ended" && !row.look?.is_final));
  if (!open.length) return h("p", { class: "hint" }, t("marketing.nothing_waits"));
  const where = (row) => address("campaigns", { id: row.campaign_id, tab: row.state === "ended" ? "effect" : null });
  return h("ul", { class: "together waiting" }, open.slice(0, SHOWN).map((row) => h("li", {}, h("a", { href: where(row) }, h("bdi", {}, calledCampaign(row))), " ", h("span", { class: "hint" }, t(said(row)[0], { who: said(row)[1], last: day(addDays(row.definition.ends_on, -1), "short") })))), open.length > SHOWN ? h("li", { class: "hint" }, t("marketing.more", { count: open.length - SHOWN })) : null);
}

async function campaignsPart(signal) {
  const answer = await call("campaigns", { limit: 100 }, { signal });
  const { campaigns } = answer;
  const active = campaigns.filter((row) => ["approved", "running"].includes(row.state) || row.look);
  return h("div", { class: "overview-columns" },
    h("section", { class: "panel" }, h("h2", {}, t("marketing.running")), leftOut(answer), active.length ? campaignTable(active.slice(0, SHOWN)) : empty(t("marketing.none_running"), t("campaign.none_hint"))),
    h("section", { class: "panel side" }, h("h2", {}, t("marketing.waiting")), waiting(campaigns)));
}

export async function marketingView(root, { overview, signal }) {
  const place = h("div");
  const links = viewsFor(overview.role).filter((view) => view !== "overview").map((view) => h("a", { class: "view-link", href: address(view) }, icon(view), h("span", {}, h("strong", {}, t(`nav.${view}`)), h("span", {}, t(`view.${view}`)))));
  replace(root, h("h1", {}, t("marketing.title")), startLinks(),
    h("div", { class: "cards" }, cardPlace(() => excessCard(overview, signal), signal), Object.keys(GROUPS).map((which) => cardPlace(() => groupCard(which, signal), signal))),
    place, h("div", { class: "view-links" }, links));
  await fill(place, signal, () => campaignsPart(signal), { lines: 6 });
}
