// A list of campaigns, and where one begins: the landing of marketers shows both without what one campaign needs.

import { h, icon, name } from "../dom.js";
import { addDays, day, money, moment, t } from "../i18n.js";
import { address } from "../route.js";
import { storeName } from "../suggestions.js";
import { dataTable } from "../table.js";

/** Stores named under a campaign in the list; the others are counted. By judgement. */
const NAMED_STORES = 3;

export const stateBadge = (state) => h("span", { class: `badge campaign-${state}` }, t(`campaign_state.${state}`));
const lastDay = (definition) => addDays(definition.ends_on, -1);
/** Its name: one that was proposed in the language of the page. */
export const calledCampaign = (row) => row.name || row.definition.name || row.campaign_id;
export const campaignName = (row) => name(calledCampaign(row), { class: "strong" });

export function startLinks() {
  const link = (kind, image) => h("a", { class: "button", dataset: { start: kind }, href: address("campaigns", { new: kind }) }, icon(image), t(`campaign.from_${kind}`));
  return h("div", { class: "buttons" }, h("span", {}, t("campaign.start")), link("leftovers", "stock"), link("segment", "segments"), link("goods", "audience"));
}

/** Net effect of the newest look, and whether it is clear yet. */
function lookText(look) {
  if (!look) return "";
  if (!look.net) return t("effect.too_few");
  return t("effect.net_short", { value: money(look.net.value, 0), low: money(look.net.low, 0), high: money(look.net.high, 0) });
}

/** The stores that a campaign is for: what tells two proposals of one day apart. Nothing where it is for all. */
function storesOf({ definition }) {
  const ids = definition.store_ids ?? [];
  const more = ids.length > NAMED_STORES ? [t("word.list"), t("campaign.more_stores", { count: ids.length - NAMED_STORES })] : null;
  return ids.length ? h("span", { class: "sub" }, ids.slice(0, NAMED_STORES).map((id, index) => [index ? t("word.list") : null, name(storeName(id))]), more) : null;
}

/** What an answer holds no row of, as it cannot be read here: campaigns, and looks at effects; nothing where all are there. */
export function leftOut({ left_out: campaigns = 0, looks_left_out: looks = 0 }) {
  const said = [["campaign.left_out", campaigns], ["effect.left_out", looks]].filter(([, count]) => count > 0);
  return said.length ? h("p", { class: "notice warn", dataset: { leftOut: "" } }, said.map(([key, count], place) => [place ? t("sentence.space") : null, t(key, { count })])) : null;
}

export function campaignTable(rows) {
  const columns = [
    { key: "name", label: t("campaign.name"), align: "product", value: calledCampaign, cell: (row) => [h("a", { href: address("campaigns", { id: row.campaign_id }) }, campaignName(row)), storesOf(row)] },
    { key: "state", label: t("stock.state"), value: (row) => t(`campaign_state.${row.state}`), cell: (row) => stateBadge(row.state) },
    { key: "starts_on", label: t("campaign.days"), align: "date", first: "descending", value: (row) => row.definition.starts_on, cell: (row) => `${day(row.definition.starts_on, "short")} – ${day(lastDay(row.definition), "short")}` },
    { key: "look", label: t("campaign.effect_net"), value: (row) => row.look?.net?.value, first: "descending", cell: (row) => lookText(row.look) },
    { key: "changed", label: t("campaign.changed"), first: "descending", value: (row) => row.changed_at, cell: (row) => [name(row.changed_by), h("span", { class: "sub" }, moment(row.changed_at))] },
  ];
  return dataTable({ columns, rows, caption: t("nav.campaigns") }).element;
}
