// What a guide noted on this phone: kept until the service has it, each answer under an id of its own, so that it counts once.

import { call } from "./api.js";
import { newId } from "./kept.js";
import { isPassing } from "./problems.js";

const PREFIX = "retail-brain.unsent.";
const BATCH = 200;
/** A refusal closes the channel for good, so it waits this long for a second thought. */
const HOLD_MS = 5_000;
const TIMEOUT_MS = 20_000;
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [2_000, 60_000];
/** Answers that were sent are shown on the list until the service's own list has them, and dropped after this. */
const KEPT_SENT_MS = 3 * 86_400_000;

const isOpen = (entry) => !entry.sent && !entry.refused;
/** Also a fault of the key: the same answer may be taken later. */
const mayPass = (error) => isPassing(error) || [401, 403].includes(error.status);

class Outbox {
  constructor(owner) {
    this.place = PREFIX + owner;
    this.memory = [];
    this.isKept = true;
    this.problem = null;
    this.wait = FIRST_WAIT_MS;
    this.timer = 0;
    this.underway = new Set();
    this.listeners = new Set();
    addEventListener("online", () => this.send());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.send(); });
  }

  read() {
    if (!this.isKept) return this.memory;
    try {
      return JSON.parse(localStorage.getItem(this.place) ?? "[]");
    } catch {
      return this.memory;
    }
  }

  write(entries) {
    this.memory = entries;
    try {
      localStorage.setItem(this.place, JSON.stringify(entries));
      this.isKept = true;
    } catch {
      this.isKept = false;
    }
    this.listeners.forEach((told) => told());
  }

  /** Tells of every change until the signal ends. */
  listen(told, signal) {
    this.listeners.add(told);
    signal.addEventListener("abort", () => this.listeners.delete(told), { once: true });
  }

  unsent() { return this.read().filter(isOpen); }

  refused() { return this.read().filter((entry) => entry.refused); }

  /** The latest answer to a line that this phone knows of and the service did not refuse. */
  latest(taskId) {
    return this.read().filter((entry) => entry.task_id === taskId && !entry.refused).sort((a, b) => a.at.localeCompare(b.at)).at(-1) ?? null;
  }

  /** Notes an answer and sends it; one to the same line that has not left yet gives way to it. */
  add(taskId, outcome, note) {
    const now = Date.now();
    const entry = { answer_id: newId(), task_id: taskId, outcome, at: new Date(now).toISOString(), ...(note ? { note } : {}), ...(outcome === "refused" ? { hold_until: now + HOLD_MS } : {}) };
    const stays = (one) => (one.task_id !== taskId || !isOpen(one) || this.underway.has(one.answer_id)) && !(one.sent && Date.parse(one.at) < now - KEPT_SENT_MS);
    this.write([...this.read().filter(stays), entry]);
    this.send();
  }

  /** Takes an answer back that has not left yet, or one that was refused. */
  drop(answerId) {
    if (!this.underway.has(answerId)) this.write(this.read().filter((entry) => entry.answer_id !== answerId || entry.sent));
  }

  /** Forgets sent answers to lines of which the service tells an answer as new or newer. */
  settle(tasks) {
    const told = new Map(tasks.filter((task) => task.answered_at).map((task) => [task.task_id, Date.parse(task.answered_at)]));
    const isTold = (entry) => entry.sent && told.get(entry.task_id) >= Math.floor(Date.parse(entry.at) / 1000) * 1000;
    if (this.read().some(isTold)) this.write(this.read().filter((entry) => !isTold(entry)));
  }

  mark(ids, changes) {
    this.write(this.read().map((entry) => (ids.has(entry.answer_id) && !entry.refused ? { ...entry, ...changes } : entry)));
  }

  /** Sends what is due; what the line or the service keeps from leaving is tried again, less and less often. */
  async send() {
    if (this.underway.size) return;
    clearTimeout(this.timer);
    try {
      for (let due = this.due(); due.length; due = this.due()) await this.post(due);
      this.problem = null;
      this.wait = FIRST_WAIT_MS;
    } catch (error) {
      this.problem = error;
      if (error.status === 401) dispatchEvent(new CustomEvent("ask-key", { detail: error }));
    }
    this.listeners.forEach((told) => told());
    const left = this.unsent();
    if (!left.length) return;
    const held = Math.min(...left.map((entry) => (entry.hold_until ?? 0) - Date.now()));
    this.timer = setTimeout(() => this.send(), this.problem ? this.wait : Math.max(held, 0));
    if (this.problem) this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MS);
  }

  due() {
    return this.unsent().filter((entry) => (entry.hold_until ?? 0) <= Date.now()).slice(0, BATCH);
  }

  async post(entries) {
    const ids = new Set(entries.map((entry) => entry.answer_id));
    const answers = entries.map(({ answer_id, task_id, outcome, at, note }) => ({ answer_id, task_id, outcome, at, ...(note ? { note } : {}) }));
    try {
      ids.forEach((id) => this.underway.add(id));
      const { refused = [] } = await call("guide_answers", { answers }, { timeout: TIMEOUT_MS });
      refused.forEach(({ answer, problem }) => this.mark(new Set([answers[answer].answer_id]), { refused: { message: problem } }));
      this.mark(ids, { sent: true });
    } catch (error) {
      if (mayPass(error)) throw error;
      if (entries.length === 1) this.mark(ids, { refused: { message: error.message, details: error.details } });
      else for (const entry of entries) await this.post([entry]);
    } finally {
      ids.forEach((id) => this.underway.delete(id));
    }
  }
}

const boxes = new Map();

/** The one box of an owner (a tenant and guide): another guide who signs in on this phone sends none of it. */
export function outboxOf({ tenant, place }) {
  const owner = JSON.stringify([tenant, place?.guide ?? null]);
  if (!boxes.has(owner)) boxes.set(owner, new Outbox(owner));
  return boxes.get(owner);
}

/** How many answers of anybody wait in this browser. */
export function unsentHere() {
  try {
    return Object.keys(localStorage).filter((one) => one.startsWith(PREFIX)).reduce((sum, one) => sum + JSON.parse(localStorage.getItem(one)).filter(isOpen).length, 0);
  } catch {
    return 0;
  }
}
