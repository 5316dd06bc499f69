// Campaigns: all of them, and one from its draft to its measured effect.

import { call, everyRow, lookUp } from "../api.js";
import { conflictBox, definitionList } from "../campaign/definition.js";
import { effectOf } from "../campaign/effect.js";
import { campaignForm } from "../campaign/form.js";
import { peopleOf } from "../campaign/people.js";
import { previewPanels } from "../campaign/preview.js";
import { fromForm, fromLeftovers } from "../campaign/start.js";
import { calledCampaign, campaignTable, leftOut, startLinks, stateBadge } from "../campaign/table.js";
import { csvButton } from "../csv.js";
import { h, name, replace, words } from "../dom.js";
import { draftOf, forgetDraft, keepDraft } from "../drafts.js";
import { askedButton, field } from "../fields.js";
import { code, day, moment, number, t } from "../i18n.js";
import { failureText, problemWords } from "../problems.js";
import { may } from "../rights.js";
import { address } from "../route.js";
import { empty, fill } from "../states.js";

const GROUPS = { all: null, open: ["draft", "previewed"], running: ["approved", "running"], over: ["ended", "stopped", "measured"] };
const STEPS = ["draft", "previewed", "approved", "running", "ended"];
const LISTED = 500;
const CSV_COLUMNS = ["campaign_id", "name", "state", "starts_on", "ends_on", "net", "net_low", "net_high", "created_by", "created_at", "approved_by", "approved_at", "changed_by", "changed_at"];
const TABS = ["preview", "people", "effect"];

/** Campaign id -> what an approval said whose plan had changed, and the version that shows the new plan. */
const changedPlans = new Map();

const again = () => dispatchEvent(new HashChangeEvent("hashchange"));

async function list(root, { params, signal }) {
  const group = params.get("group") in GROUPS ? params.get("group") : "all";
  const place = h("div", { class: "result" });
  const filters = Object.keys(GROUPS).map((one) => h("a", { class: "button", "aria-current": one === group ? "true" : null, dataset: { group: one }, href: address("campaigns", { group: one === "all" ? null : one }) }, t(`campaign_group.${one}`)));
  replace(root, h("h1", {}, t("nav.campaigns")), h("p", { class: "intro" }, t("campaign.intro")), may("campaigns:write") ? startLinks() : null, h("nav", { class: "filters links", "aria-label": t("campaign.filter") }, filters), place);
  await fill(place, signal, async () => {
    const states = GROUPS[group];
    const answer = await call("campaigns", { limit: LISTED, ...(states ? { states } : {}) }, { signal });
    if (!answer.campaigns.length) return [leftOut(answer), empty(t("campaign.none"), may("campaigns:write") || may("campaigns:propose") ? t("campaign.none_hint") : null)];
    const problem = h("p", { class: "form-problem", role: "alert" });
    const all = async () => (await everyRow("campaigns", "campaigns", states ? { states } : {}, { limit: LISTED, signal })).map(({ definition, look, ...row }) => ({ ...row, name: calledCampaign({ ...row, definition }), starts_on: definition.starts_on, ends_on: definition.ends_on, net: look?.net?.value, net_low: look?.net?.low, net_high: look?.net?.high }));
    return [leftOut(answer), h("div", { class: "toolbar" }, h("p", { class: "hint" }, t("table.shown", { shown: answer.campaigns.length, total: answer.total }), answer.today ? [t("sentence.space"), t("campaign.states_on", { day: day(answer.today, "full") }), answer.clock_day > answer.today ? [t("sentence.space"), t("campaign.clock", { day: day(answer.clock_day, "full") })] : null] : null), csvButton("campaigns.csv", CSV_COLUMNS, all, (error) => { problem.textContent = failureText(error); })), problem, campaignTable(answer.campaigns)];
  }, { lines: 6 });
}

/** Where the campaign stands on its way. */
function way(row, hasLook) {
  const at = row.state === "stopped" ? STEPS.length : STEPS.indexOf(row.state);
  const steps = [...STEPS.slice(0, -1), row.stopped_at ? "stopped" : "ended", "measured"];
  const isNow = (index) => (row.state === "measured" || (hasLook && ["ended", "stopped"].includes(row.state)) ? index === 5 : index === Math.min(at, 4));
  const now = steps.findIndex((_, index) => isNow(index));
  return h("div", { class: "stage way" }, h("ol", { "aria-label": t("campaign.way") }, steps.map((step, index) => h("li", { class: index < now ? "past" : index === now ? "now" : "", "aria-current": index === now ? "step" : null }, t(`campaign_state.${step}`)))));
}

/** A campaign that is further by the clock, by which contacts go, than as of the published day, which its state is of. */
function byClock({ campaign: row, clock_day: today }) {
  const ahead = { running: ["draft", "previewed", "approved"], over: ["approved", "running"], replay: ["draft", "previewed", "approved", "running"] };
  return ahead[row.by_clock]?.includes(row.state) ? h("p", { class: "notice warn", dataset: { notice: "clock" } }, t("campaign.clock", { day: day(today, "full") }), " ", stateBadge(row.by_clock === "running" ? "running" : "ended")) : null;
}

function whoAndWhen(row) {
  const said = [["campaign.made_by", row.created_by, row.created_at], ["campaign.approved_by", row.approved_by, row.approved_at], ["campaign.stopped_by", row.stopped_by, row.stopped_at], ["campaign.measured_by", row.measured_by, row.measured_at]].filter(([, who]) => who);
  return h("p", { class: "intro" }, said.map(([key, who, when], index) => [index ? " · " : "", t(key, { who, when: moment(when) })]), row.stop_reason ? [": ", words(row.stop_reason)] : null);
}

/** What an approval sets going, in the numbers of the preview that is approved. */
function approveQuestion({ preview, definition }) {
  const contacts = preview?.contacts ?? 0;
  const first = preview?.days?.find((one) => one.contacts)?.day ?? definition.starts_on;
  const channels = (preview?.channels ?? []).filter((one) => one.contacts).map((one) => t("campaign.approve_channel", { channel: code("channel", one.channel), contacts: number(one.contacts) }));
  const asked = t("campaign.approve_sure", { contacts, day: day(first, "full"), channels: channels.join(t("word.list")) || t("campaign.approve_no_channel") });
  const others = preview?.overlaps ?? [];
  if (!others.length) return asked;
  return `${asked}${t("sentence.space")}${t("campaign.approve_overlaps", { count: others.length, people: Math.max(...others.map((one) => one.people)), left_out: Math.max(...others.map((one) => one.left_out)) })}`;
}

/** Buttons for what may be done now, with the message that came of it. */
function actions(answer, { names, signal }) {
  const row = answer.campaign;
  const message = h("div", { role: "alert" });
  const failed = (error) => {
    if (signal.aborted) return;
    if (error.details?.problem === "plan_changed") return void replan(error);
    replace(message, error.status === 409 && error.details.theirs ? conflictBox(error.details, { names, take: again }) : h("p", { class: "form-problem" }, problemWords(error)));
  };
  /** The plan that would be approved is another than was seen: it is shown, with both numbers. */
  const replan = (error) => {
    changedPlans.set(row.campaign_id, { version: error.details.version, said: problemWords(error) });
    again();
  };
  const act = async (which, more = {}, draft = null) => {
    const buttons = bar.querySelectorAll("button");
    buttons.forEach((one) => { one.disabled = true; });
    try {
      const body = { campaign_id: row.campaign_id, version: row.version, act: which, ...more };
      await (draft ? draft.send(() => call("campaign_act", body)) : call("campaign_act", body, { signal }));
      if (signal.aborted) return;
      location.hash = address("campaigns", { id: row.campaign_id });
      again();
    } catch (error) {
      failed(error);
      buttons.forEach((one) => { one.disabled = false; });
    }
  };
  const button = (which, isPrimary) => h("button", { type: "button", class: isPrimary ? "primary" : null, dataset: { action: which }, onclick: () => act(which) }, t(`campaign.${which}`));
  const isOpen = ["draft", "previewed"].includes(row.state);
  const edit = isOpen ? h("a", { class: "button", dataset: { action: "edit" }, href: address("campaigns", { id: row.campaign_id, edit: "1" }) }, t("campaign.edit")) : null;
  const stopping = `stop ${row.campaign_id}`;
  const mayStop = ["approved", "running"].includes(row.state);
  // it has come, or comes too late
  const gone = [...(mayStop ? [] : [stopping]), ...(isOpen ? [] : [`campaign ${row.campaign_id}`])].filter(forgetDraft);
  const dropped = gone.length ? h("p", { class: "notice", role: "status", dataset: { dropped: "" } }, t("campaign.unsent_dropped", { state: t(`campaign_state.${row.state}`) })) : null;
  const reason = () => field(t("campaign.stop_reason"), h("input", { name: "reason", required: true, maxlength: "300" }));
  const stop = mayStop ? askedButton(t("campaign.stop"), t("campaign.stop_sure"), (given, draft) => act("stop", { reason: given.get("reason") }, draft), { action: "stop", content: reason, isOpen: draftOf(stopping) !== null, draft: (form) => keepDraft(form, stopping, { of: ["unsent.campaign_stop", { name: calledCampaign(row) }], onlyUnsent: true }) }) : null;
  const bar = h("div", { class: "buttons" }, row.state === "draft" ? button("preview", true) : null, answer.may_approve ? askedButton(t("campaign.approve"), approveQuestion(row), () => act("approve"), { action: "approve", isPrimary: true }) : null, edit, row.state === "previewed" ? button("preview", false) : null, stop);
  const second = row.state === "previewed" && answer.needs_second_person && !answer.may_approve ? h("p", { class: "notice warn" }, t("campaign.second_person", { who: row.changed_by })) : null;
  const changed = changedPlans.get(row.campaign_id);
  const told = changed?.version === row.version ? h("p", { class: "notice warn", role: "alert", dataset: { notice: "plan-changed" } }, changed.said) : null;
  return answer.may_write ? h("div", { class: "campaign-actions" }, told, dropped, bar, second, message) : null;
}

async function edited(root, answer, { signal }) {
  const row = answer.campaign;
  const { definition } = row;
  const kept = `campaign ${row.campaign_id}`;
  // what was typed into an older version is a change to that one: the service says where it does not fit any more
  let version = draftOf(kept)?.more?.version ?? row.version;
  const find = (kind, ids) => Promise.all((ids ?? []).map((id) => lookUp(kind, id, { signal })));
  const [products, stores] = await Promise.all([find("product", definition.product_ids), find("store", definition.store_ids)]);
  const names = { ...answer.names, ...Object.fromEntries(products.map((one) => [one.id, one.name])) };
  const message = h("div", { role: "alert" });
  const save = async (made, send) => {
    try {
      const saved = await send(() => call("campaign", { campaign_id: row.campaign_id, campaign: made, version }));
      if (signal.aborted) return;
      try {
        await call("campaign_act", { campaign_id: row.campaign_id, version: saved.campaign.version, act: "preview" }, { signal });
      } finally {
        if (!signal.aborted) location.hash = address("campaigns", { id: row.campaign_id });
      }
    } catch (error) {
      if (signal.aborted) return;
      const keep = () => { version = error.details.version; replace(message); save(made, send); };
      replace(message, error.status === 409 && error.details.theirs ? conflictBox(error.details, { names, take: () => { location.hash = address("campaigns", { id: row.campaign_id }); }, keep }) : h("p", { class: "form-problem" }, problemWords(error)));
    }
  };
  const form = await campaignForm({ definition: { ...definition, name: calledCampaign(row) }, products, stores, signal, onsave: save, label: t("campaign.save_preview"), customerIds: definition.customer_ids, draft: kept, version });
  replace(root, h("p", { class: "back" }, h("a", { href: address("campaigns", { id: row.campaign_id }) }, t("campaign.back"))), h("h1", {}, name(calledCampaign(row))), form, message);
}

function tabs(row, chosen) {
  const link = (tab) => h("a", { class: "button", "aria-current": tab === chosen ? "true" : null, dataset: { tab }, href: address("campaigns", { id: row.campaign_id, tab }) }, t(`campaign.tab.${tab}`));
  return h("nav", { class: "filters links", "aria-label": t("nav.campaigns") }, TABS.map(link));
}

async function one(root, context) {
  const { params, signal } = context;
  const campaignId = params.get("id");
  const [answer, measured] = await Promise.all([call("campaign", { campaign_id: campaignId }, { signal }), call("campaign_effect", { campaign_id: campaignId }, { signal })]);
  const row = answer.campaign;
  if (params.get("edit") && answer.may_write && ["draft", "previewed"].includes(row.state)) return edited(root, answer, context);
  const isApproved = !["draft", "previewed"].includes(row.state);
  const tab = isApproved && TABS.includes(params.get("tab")) ? params.get("tab") : isApproved && measured.effect ? "effect" : isApproved ? "people" : "preview";
  const place = h("div", { class: "result" });
  replace(root,
    h("p", { class: "back" }, h("a", { href: address("campaigns") }, t("campaign.all"))), h("h1", {}, name(calledCampaign(row)), " ", stateBadge(row.state)), whoAndWhen(row), way(row, Boolean(measured.effect)), byClock(answer),
    actions(answer, { names: answer.names, signal }),
    h("details", { class: "panel about", open: !row.preview }, h("summary", {}, t("campaign.definition")), definitionList({ ...row.definition, name: calledCampaign(row) }, answer.names)),
    isApproved ? tabs(row, tab) : null, place);
  const draw = {
    preview: async () => (row.preview ? previewPanels(row.preview, answer.names, row.definition) : empty(t("campaign.not_previewed"), t("campaign.not_previewed_hint"))),
    people: () => peopleOf(campaignId, context),
    effect: () => effectOf(campaignId, answer.may_write, context),
  };
  return fill(place, signal, draw[tab], { lines: 6 });
}

export function campaignsView(root, context) {
  const { params } = context;
  if (params.get("id")) return one(root, context);
  if (params.get("new") === "leftovers") return fromLeftovers(root, context);
  return params.get("new") ? fromForm(root, context) : list(root, context);
}
