// A guide's day on the phone: whom, why, what to say, and one tap for what came of it, also while the line is down.

import { call, isThere } from "../api.js";
import { choice, field } from "../fields.js";
import { h, icon, isPhone, name, replace, words } from "../dom.js";
import { currentLanguage, day, languages, moment, t } from "../i18n.js";
import { drop, keep, kept } from "../kept.js";
import { addressed } from "../openable.js";
import { opensOffline } from "../offline.js";
import { outboxOf } from "../outbox.js";
import { failureText, problemText } from "../problems.js";
import { may, placeKind } from "../rights.js";
import { address, pushParams, viewsFor } from "../route.js";
import { empty, failed, fill } from "../states.js";

const OUTCOMES = ["done", "bought", "not_reached", "refused"];
const FINAL = new Set(["refused", "opted_out"]);
const TIMEOUT_MS = 20_000;
/** Cards that are drawn at first, and with every further press; on a phone, where twenty are seven thousand pixels, fewer. By judgement. */
const shownAtOnce = () => (isPhone() ? 8 : 20);
const EVERYBODY = "";
/** Looks for lists that were not made within one answer: a minute or two at the pauses that the service names. */
const LOOKS = 12;

const [FIRST_LOOK_MS, LONGEST_LOOK_MS] = [2_000, 20_000];

/**
 * Looks for the service until `renew` has its list: a phone may tell nothing when the line is back, or too early. At growing
 * intervals, when the phone says that it is online, when the page is looked at again, and when answers were sent.
 */
function untilRenewed(renew, box, signal) {
  const until = new AbortController();
  const ended = AbortSignal.any([signal, until.signal]);
  let [wait, timer, isLooking] = [FIRST_LOOK_MS, 0, false];
  const look = async () => {
    clearTimeout(timer);
    if (isLooking || ended.aborted || document.hidden) return;
    isLooking = true;
    if ((await isThere()) && (await renew())) until.abort();
    isLooking = false;
    if (ended.aborted) return;
    timer = setTimeout(look, wait);
    wait = Math.min(2 * wait, LONGEST_LOOK_MS);
  };
  addEventListener("online", look, { signal: ended });
  document.addEventListener("visibilitychange", look, { signal: ended });
  let unsent = box.unsent().length;
  box.listen(() => { const left = box.unsent().length; if (left < unsent) look(); unsent = left; }, ended);
  timer = setTimeout(look, wait);
  ended.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

/** The list from the service, else as this tab last saw it. Raises where there is neither. */
async function theList(body, signal) {
  const placeOf = (language) => `list ${language} ${JSON.stringify(body)}`;
  try {
    const answer = await call("guide_list", body, { signal, timeout: TIMEOUT_MS });
    if (placeKind() === "guide") keep(placeOf(currentLanguage()), answer);
    return { answer, since: null };
  } catch (error) {
    // rather in the other language than not at all
    const places = [currentLanguage(), ...languages()].map(placeOf);
    const before = error.status === 0 || error.status >= 500 ? places.map(kept).find(Boolean) : null;
    if (!before) throw error;
    return { answer: before.value, since: before.at, opens: await opensOffline() };
  }
}

/** What counts for a line: the newer of what the service knows and what this phone noted. */
function outcomeOf(task, box) {
  const own = box.latest(task.task_id);
  if (own && !(task.answered_at && Date.parse(task.answered_at) > Date.parse(own.at))) return { state: own.outcome, at: own.at, entry: own };
  return { state: task.state, at: task.answered_at, entry: null };
}

class GuideDay {
  constructor({ overview, signal, chosen }) {
    this.looksOver = placeKind() !== "guide" && (!chosen || isPhone());
    this.signal = signal;
    this.role = overview.role;
    this.box = outboxOf(overview);
    this.mayAnswer = may("campaigns:write");
    this.cards = new Map();
    this.guides = new Map();
    this.changing = new Set();
    this.line = h("p", { class: "unsent", role: "status" });
    this.troubles = h("div", { role: "alert" });
    this.sum = h("p", { class: "guide-sum" });
    this.list = h("ol", { class: "tasks" });
    this.foot = h("div", { class: "table-foot" });
    this.most = shownAtOnce();
    this.box.listen(() => this.freshen(), signal);
  }

  show({ answer, since, opens }) {
    this.tasks = answer.tasks;
    this.names = answer.names;
    this.day = answer.day;
    if (!since) this.box.settle(answer.tasks);
    this.cards = new Map(answer.tasks.map((task) => [task.task_id, { task, element: null, shown: "" }]));
    this.drawList();
    const old = since ? h("p", { class: "notice warn" }, t("guide.kept_list", { when: moment(new Date(since).toISOString()) }), t("sentence.space"), t(opens ? "guide.keep_tab" : "guide.keep_open")) : null;
    return [old, this.sum, this.line, this.troubles, answer.tasks.length ? [this.list, this.foot] : empty(t("guide.none"), t(placeKind() !== "guide" && this.mayAnswer ? "guide.none_make" : "guide.none_hint"))];
  }

  inSight() {
    return [...this.cards.values()].slice(0, this.most);
  }

  drawList() {
    this.freshen();
    replace(this.list, this.inSight().map((card) => card.element));
    const [shown, total] = [Math.min(this.most, this.cards.size), this.cards.size];
    const more = () => {
      const next = this.most;
      this.most += shownAtOnce();
      this.drawList();
      this.list.children[next]?.focus();
    };
    replace(this.foot, total > shown ? [h("span", {}, t("guide.shown", { shown, total })), " ", h("button", { type: "button", dataset: { action: "more" }, onclick: more }, t("table.more", { count: Math.min(shownAtOnce(), total - shown) }))] : null);
  }

  /** Draws the cards whose outcome changed, and the counts. */
  freshen() {
    for (const card of this.inSight()) {
      const { state, entry } = outcomeOf(card.task, this.box);
      const shown = JSON.stringify([state, entry?.answer_id, entry?.sent, this.changing.has(card.task.task_id)]);
      if (shown === card.shown) continue;
      card.shown = shown;
      const fresh = this.card(card.task);
      const hadFocus = card.element?.contains(document.activeElement);
      card.element?.replaceWith(fresh);
      card.element = fresh;
      if (hadFocus) (fresh.querySelector("[data-field=back]") ?? fresh.querySelector(".outcomes button") ?? fresh).focus();
    }
    this.drawCounts();
  }

  drawCounts() {
    const done = [...this.cards.values()].filter(({ task }) => outcomeOf(task, this.box).state !== "open").length;
    this.sum.textContent = t("guide.sum", { day: day(this.day, "full"), done, total: this.cards.size });
    const unsent = this.box.unsent().length;
    const text = unsent ? t(this.box.isKept ? "guide.unsent" : "guide.unsent_unkept", { count: unsent }) : t("guide.all_sent");
    this.line.classList.toggle("waiting", unsent > 0);
    replace(this.line, icon(unsent ? "alert" : "check"), h("span", {}, text), unsent ? h("button", { type: "button", dataset: { action: "send" }, onclick: () => this.box.send() }, t("guide.send")) : null);
    replace(this.troubles, this.box.refused().map((entry) => this.trouble(entry)));
  }

  /** An answer that the service does not take, and why. */
  trouble(entry) {
    const task = this.cards.get(entry.task_id)?.task;
    return h("p", { class: "form-problem" }, t("guide.refused_by_service", { who: task?.customer_id ?? entry.task_id, outcome: t(`guide_state.${entry.outcome}`) }), " ", words(problemText(entry.refused)), " ",
      h("button", { type: "button", dataset: { action: "discard" }, onclick: () => this.box.drop(entry.answer_id) }, t("guide.discard")));
  }

  card(task) {
    const { state, at, entry } = outcomeOf(task, this.box);
    const isOpen = state === "open" || this.changing.has(task.task_id);
    const who = name(task.customer_id, { class: "strong" });
    const product = task.product_id ? h("p", { class: "task-product" }, name(this.names[task.product_id] ?? task.product_id)) : null;
    const head = h("div", { class: "task-head" },
      viewsFor(this.role).includes("person") ? h("a", { href: address("person", { customer: task.customer_id }) }, who) : who,
      placeKind() === "guide" ? null : h("span", { class: "badge" }, t("guide.of", { guide: this.guides.get(task.guide_id) ?? task.guide_id })));
    return h("li", { class: `task panel task-${state}`, tabindex: "-1", dataset: { task: task.task_id } }, head, product,
      isOpen ? [task.reason ? h("p", { class: "hint" }, words(task.reason)) : null, this.closed(task, [this.say(task), this.mayAnswer ? this.buttons(task) : null])] : this.outcome(task, { state, at, entry }));
  }

  /** Whoever looks over the lists of everybody, or of another on a phone, sees twenty people on three screens and opens one. */
  closed(task, parts) {
    if (!this.looksOver) return parts;
    const box = h("details", { class: "task-more", open: true }, h("summary", {}, t("guide.more")), parts);
    return this.changing.has(task.task_id) ? box : addressed(box, task.task_id, this.signal);
  }

  say(task) {
    const text = currentLanguage() === "zh" ? task.text_zh : task.text;
    if (!text) return null;
    const copied = h("span", { class: "hint", role: "status" });
    // browsers give the clipboard to pages of https and of this machine only
    const copy = navigator.clipboard ? h("button", { type: "button", dataset: { action: "copy" }, onclick: async () => { copied.textContent = await navigator.clipboard.writeText(text).then(() => t("guide.copied"), () => t("guide.not_copied")); } }, t("guide.copy")) : null;
    return h("blockquote", { class: "say" }, words(text), h("p", { class: "buttons" }, copy, copied));
  }

  buttons(task) {
    // a note that is being written outlives a reload of this tab
    const place = `note ${task.task_id}`;
    const written = kept(place)?.value ?? "";
    const note = h("input", { type: "text", maxlength: "300", name: "note", value: written, oninput: () => (note.value ? keep(place, note.value) : drop(place)) });
    const tell = (outcome) => { this.changing.delete(task.task_id); drop(place); this.box.add(task.task_id, outcome, note.value.trim()); };
    const button = (outcome) => h("button", { type: "button", class: outcome === "refused" ? "quiet" : "", dataset: { outcome }, onclick: () => tell(outcome) }, t(`guide_outcome.${outcome}`));
    return [h("div", { class: "outcomes", role: "group", "aria-label": t("guide.what_came", { who: task.customer_id }) }, OUTCOMES.map(button)),
      h("details", { class: "note-box", open: Boolean(written) }, h("summary", {}, t("guide.add_note")), field(t("bulk.reason"), note))];
  }

  outcome(task, { state, at, entry }) {
    const undo = () => this.box.drop(entry.answer_id);
    const change = () => { this.changing.add(task.task_id); this.freshen(); };
    const isUnsent = entry && !entry.sent;
    const back = !this.mayAnswer || (!isUnsent && FINAL.has(state)) ? null : h("button", { type: "button", dataset: { field: "back" }, onclick: isUnsent ? undo : change }, isUnsent ? icon("undo") : null, t(isUnsent ? "guide.undo" : "guide.change"));
    return h("p", { class: "outcome" }, h("span", { class: `badge outcome-${state}` }, t(`guide_state.${state}`)), at ? h("span", { class: "hint" }, moment(at)) : null, back);
  }
}

const idsOf = async (body, signal) => (await call("guide_list", body, { signal })).tasks.map((one) => one.task_id);

/** Looks for lines that were not there `before`, while the service works on at them: what it could not say in time is there later. */
async function listsCome(body, before, retryAfter, signal) {
  for (let tries = 0; tries < LOOKS; tries += 1) {
    await new Promise((resolve) => { setTimeout(resolve, (retryAfter ?? 1) * 1000); });
    if (signal.aborted || (await idsOf(body, signal)).some((id) => !before.includes(id))) return true;
  }
  return false;
}

/** Headquarters and shops choose whose list they look at, and have lists made. */
async function deskBar(asked, chosen, signal, again) {
  const { guides, may_write: mayWrite } = await asked;
  const here = guides.filter((one) => one.is_here);
  const label = (id) => { const one = here.find((row) => row.guide_id === id); return id === EVERYBODY ? t("guide.everybody") : [one?.name ?? id, t("guide.people", { count: one?.people ?? 0 })].join(" · "); };
  const problem = h("p", { class: "form-problem", role: "alert" });
  const busy = h("p", { class: "hint", role: "status" });
  const made = async () => {
    const body = chosen ? { guide_id: chosen } : {};
    const before = await idsOf(body, signal);
    try {
      await call("guide_make", chosen ? { guide_ids: [chosen] } : {}, { signal, timeout: 180_000 });
    } catch (error) {
      if (error.code !== "overloaded") throw error; // "took too long"
      busy.textContent = t("guide.making_on");
      if (!(await listsCome(body, before, error.retryAfter, signal))) throw error;
    }
  };
  const make = async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    problem.textContent = "";
    busy.textContent = t("guide.making");
    try {
      await made();
      again();
    } catch (error) {
      if (!signal.aborted) problem.textContent = failureText(error);
    } finally {
      button.disabled = false;
      busy.textContent = "";
    }
  };
  return h("div", {}, h("div", { class: "pickers" },
    choice(t("guide.whose"), "guide", [EVERYBODY, ...here.map((one) => one.guide_id)], chosen ?? EVERYBODY, label, (event) => { pushParams({ guide: event.target.value || null }); again(); }),
    mayWrite ? h("button", { type: "button", dataset: { action: "make" }, onclick: make }, t("guide.make")) : null), busy, problem);
}

export async function guideView(root, { params, overview, signal }) {
  const chosen = params.get("guide");
  const [desk, place] = [h("div"), h("div", { class: "guide-day" })];
  const again = () => dispatchEvent(new HashChangeEvent("hashchange"));
  replace(root, h("h1", {}, t("nav.guide")), desk, place);
  const asked = placeKind() === "guide" ? null : call("guides", {}, { signal });
  if (asked) deskBar(asked, chosen, signal, again).then((bar) => replace(desk, bar), (error) => { if (!signal.aborted) replace(desk, failed(error, again)); });
  const today = new GuideDay({ overview, signal, chosen });
  today.box.send();
  const body = chosen ? { guide_id: chosen } : {};
  await fill(place, signal, async () => {
    const [found, guides] = await Promise.all([theList(body, signal), asked?.then((answer) => answer.guides, () => [])]);
    today.guides = new Map(guides?.map((one) => [one.guide_id, one.name ?? one.guide_id]));
    if (found.since) untilRenewed(renew, today.box, signal);
    return today.show(found);
  }, { lines: 8 });
  /** The list of the service in the place of the kept one, which stays in use until it has come; whether it has. */
  async function renew() {
    try {
      const found = await theList(body, signal);
      if (found.since) return false;
      replace(place, today.show(found));
      return true;
    } catch (error) {
      if (!signal.aborted) console.warn(error);
      return false;
    }
  }
}
