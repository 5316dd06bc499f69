// Where a campaign begins: from excess stock, from a segment or from goods.

import { call, lookUp } from "../api.js";
import { h, icon, name, replace } from "../dom.js";
import { addDays, costHint, costText, day, isNumber, money, number, t, units } from "../i18n.js";
import { newId } from "../kept.js";
import { once } from "../once.js";
import { problemWords } from "../problems.js";
import { may } from "../rights.js";
import { address, patchParams } from "../route.js";
import { fill } from "../states.js";
import { nameOf, storeName } from "../suggestions.js";
import { dataTable } from "../table.js";
import { multiPicker } from "../typeahead.js";
import { campaignForm, segmentName } from "./form.js";
import { calledCampaign } from "./table.js";

const DAYS = 14;
const LISTED = 2000;
const SHOWN = 20;
const USUAL = ["wechat", "sms"];

/** Letters of chance in an id of a campaign: one in 16 million clashes within a day. */
const LETTERS = 6;

/** An id that nobody else takes: what it is about, the day, and letters of chance. */
export function freshId(about, today, from = newId()) {
  const chance = from.slice(0, LETTERS);
  return `${about}-${today}-${chance}`;
}

const opened = (campaignId) => { location.replace(address("campaigns", { id: campaignId })); };

/** What a merchandiser handed over, who may not look at campaigns. */
function handedOver(answer) {
  const { preview, definition } = answer.campaign;
  return h("section", { class: "panel", role: "status" }, h("h2", {}, icon("check"), " ", t("campaign.handed_over")), h("p", { class: "lead" }, t("campaign.handed_over_text", { name: calledCampaign(answer.campaign), contacts: preview.contacts, buyers: number(preview.expected_buyers, 0), last: day(addDays(definition.ends_on, -1)) })), h("p", {}, h("a", { href: address("stock", { tab: "leftovers" }) }, t("campaign.back_to_stock"))));
}

function excess(answer) {
  const columns = [
    { key: "product_id", label: t("column.product"), align: "product", value: (row) => nameOf(row, answer.names), cell: (row) => name(nameOf(row, answer.names), { class: "strong" }) },
    { key: "store_id", label: t("overview.shop"), value: (row) => storeName(row.store_id), cell: (row) => name(storeName(row.store_id)) },
    { key: "left_over_units", label: t("stock.left"), align: "number", first: "descending", value: (row) => row.left_over_units, cell: (row) => units(row.left_over_units) },
    { key: "value_at_risk", label: t("stock.at_risk"), align: "number", first: "descending", value: (row) => row.value_at_risk, cell: (row) => h("span", { title: costHint(row.value_at_risk, row.cost_basis) }, costText(row.value_at_risk, row.cost_basis, 0)) },
    { key: "sell_by", label: t("stock.sell_by"), align: "date", value: (row) => row.sell_by, cell: (row) => day(row.sell_by) },
  ];
  return dataTable({ columns, rows: answer.leftovers, caption: t("stock.tab.leftovers"), page: SHOWN }).element;
}

/** From excess stock: which goods and shops, what they are worth, and one press to draft and preview it. */
export async function fromLeftovers(root, { params, overview, signal }) {
  const [stores, products] = await Promise.all([["store", params.getAll("store")], ["product", params.getAll("product")]].map(([kind, ids]) => Promise.all(ids.map((id) => lookUp(kind, id, { signal })))));
  const picked = { stores, products };
  const [place, problem] = [h("div", { class: "result" }), h("div", { class: "form-problem", role: "alert" })];
  const wanted = (row) => (!picked.stores.length || picked.stores.some((one) => one.id === row.store_id)) && (!picked.products.length || picked.products.some((one) => one.id === row.product_id));
  const propose = async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    replace(problem);
    try {
      const body = { store_ids: picked.stores.map((one) => one.id), product_ids: picked.products.map((one) => one.id) };
      const today = addDays(overview.as_of, 1);
      const made = await once(["leftover", today, body], (id) => call("campaign_propose", { campaign_id: freshId("leftover", today, id), ...body }, { signal }));
      if (may("campaigns:write")) opened(made.campaign.campaign_id);
      else replace(root, h("h1", {}, t("campaign.from_leftovers")), handedOver(made));
    } catch (error) {
      if (signal.aborted) return;
      button.disabled = false;
      replace(problem, problemWords(error));
    }
  };
  const draw = () => fill(place, signal, async () => {
    const answer = await call("leftovers", { limit: LISTED }, { signal });
    const rows = answer.leftovers.filter((row) => wanted(row) && row.sell_by > overview.as_of);
    const worth = rows.reduce((sum, row) => sum + (row.value_at_risk ?? 0), 0);
    return [
      h("div", { class: "toolbar" }, h("p", { class: "lead" }, rows.length ? t("campaign.excess_worth", { count: rows.length, money: rows.some((row) => isNumber(row.value_at_risk)) ? money(worth, 0) : t("line.unknown") }) : t("campaign.no_excess")),
        rows.length ? h("button", { type: "button", class: "primary", dataset: { action: "propose" }, onclick: propose }, t(may("campaigns:write") ? "campaign.draft_it" : "campaign.hand_over")) : null),
      problem, rows.length ? excess({ ...answer, leftovers: rows }) : null];
  }, { lines: 6 });
  const pick = (kind, label) => multiPicker({ label: t(label), kind: kind === "stores" ? "store" : "product", chosen: picked[kind], placeholder: t(kind === "stores" ? "pick.any_store" : "campaign.all_goods"), onchange: (next) => { picked[kind] = next; patchParams({ [kind === "stores" ? "store" : "product"]: next.map((one) => one.id) }); draw(); } }).element;
  replace(root, h("h1", {}, t("campaign.from_leftovers")), h("p", { class: "intro" }, t(may("campaigns:write") ? "campaign.from_leftovers_intro" : "campaign.hand_over_intro")), h("form", { class: "pickers", onsubmit: (event) => event.preventDefault() }, pick("stores", "campaign.stores"), pick("products", "pick.products")), place);
  await draw();
}

/** Messages to begin with, at the costs of the newest campaign that has such a channel. */
function usualSlots(campaigns, goods) {
  const slots = campaigns.flatMap((row) => row.definition.slots ?? []);
  const names = goods.map((one) => one.name || one.id).slice(0, 3);
  return USUAL.map((channel) => ({
    channel, contact_cost: slots.find((slot) => slot.channel === channel)?.contact_cost ?? 0,
    text: names.length ? `At your shop now: ${names.join(", ")}.` : "", text_zh: names.length ? `您的门店有售：${names.join("、")}。` : "",
  }));
}

/** From goods or a segment: the form, filled as far as is known. */
export async function fromForm(root, { params, signal }) {
  const isSegment = params.get("new") === "segment";
  const [products, stores, known] = await Promise.all([
    Promise.all(params.getAll("product").map((id) => lookUp("product", id, { signal }))),
    Promise.all(params.getAll("store").map((id) => lookUp("store", id, { signal }))),
    call("campaigns", { limit: 20 }, { signal })]);
  const name = isSegment ? (params.get("segment") ? segmentName(params.get("segment")) : "") : products.map((one) => one.name || one.id).slice(0, 2).join(t("word.list"));
  const definition = {
    name, starts_on: known.today, ends_on: addDays(known.today, DAYS), slots: usualSlots(known.campaigns, products), kind: params.get("kind") ?? "mixed",
    segment: params.get("segment") ?? "", size: params.get("size") ? Number(params.get("size")) : null,
    holdout_share: params.get("holdout") ? Number(params.get("holdout")) / 100 : null,
  };
  const problem = h("div", { class: "form-problem", role: "alert" });
  const save = async (made, send) => {
    try {
      let campaignId;
      const drafted = await send((id) => {
        campaignId = freshId(isSegment ? "segment" : "goods", known.today, id);
        return call("campaign", { campaign_id: campaignId, campaign: made });
      });
      if (signal.aborted) return;
      try {
        await call("campaign_act", { campaign_id: campaignId, version: drafted.campaign.version, act: "preview" }, { signal });
      } finally {
        if (!signal.aborted) opened(campaignId); // the draft is stored, also where the preview says what is wrong with it
      }
    } catch (error) {
      if (!signal.aborted) replace(problem, problemWords(error));
    }
  };
  const form = await campaignForm({ definition, goodsFrom: isSegment ? "any" : "products", products, stores, signal, onsave: save, label: t("campaign.save_preview"), draft: `campaign ${["new", "segment", "product", "store"].map((key) => params.getAll(key)).join(" ")}` });
  replace(root, h("h1", {}, t(isSegment ? "campaign.from_segment" : "campaign.from_goods")), form, problem);
}
