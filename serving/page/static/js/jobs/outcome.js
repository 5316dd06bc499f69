// How a job ended: what it did, what to do about it, and what comes next.

import { h, name, scrollBox, words } from "../dom.js";
import { choice } from "../fields.js";
import { code, number, t } from "../i18n.js";
import { problemText } from "../problems.js";
import { address } from "../route.js";
import { refusal, startJob } from "./form.js";
import { advice, formName } from "./words.js";

const COUNTED = ["read", "new", "changed", "unchanged", "removed", "set_aside"];
/** Where one looks at what a job made: view and parameters. */
const LEADS = { train_demand: ["models", { kind: "demand" }], train_recommender: ["models", { kind: "recommender" }], promote_demand: ["jobs", { new: "publish" }], promote_recommender: ["jobs", { new: "publish" }], features: ["models", { kind: "features" }], publish: ["overview", {}] };

/** Rows of a load by table. */
function loaded(counts) {
  const rows = Object.entries(counts).filter(([, of]) => typeof of === "object" && of !== null);
  if (!rows.length) return null;
  const head = h("tr", {}, h("th", { scope: "col" }, t("quarantine.table")), COUNTED.map((one) => h("th", { scope: "col", class: "number" }, t(`jobs.count.${one}`))));
  const line = ([table, of]) => h("tr", {}, h("th", { scope: "row" }, of.set_aside ? h("a", { href: address("quarantine", { table }) }, code("data_table", table)) : code("data_table", table)), COUNTED.map((one) => h("td", { class: "number" }, number(of[one]))));
  return scrollBox(t("jobs.loaded"), h("table", { class: "data compact" }, h("caption", { class: "visually-hidden" }, t("jobs.loaded")), h("thead", {}, head), h("tbody", {}, rows.map(line))));
}

/** After a look at files that were sent: load them, in the form that was found or another. */
function loadNow(job, offer, problem, signal) {
  const { upload } = job.arguments;
  if (job.kind !== "check" || !upload || job.state !== "done" || !offer.may_start) return null;
  const isSeen = Boolean(job.result?.ids?.mapping) && !job.result.counts.questions;
  const forms = offer.forms.filter((one) => one !== "seen" || isSeen);
  const send = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target).get("form");
    try {
      await startJob({ kind: "ingest", upload, form }, signal);
    } catch (error) {
      if (!signal.aborted) problem(refusal(error));
    }
  };
  return h("form", { class: "pickers", onsubmit: send }, choice(t("jobs.form"), "form", forms, isSeen ? "seen" : "tables", formName), h("button", { type: "submit", class: "primary", dataset: { action: "load" } }, t("jobs.load_now")));
}

/** The same once more: what was finished is taken over. */
function again(job, offer, problem, signal) {
  const isLost = job.arguments.dataset !== undefined; // typed in a shell: no path of the server is named from here
  if (!["failed", "stopped", "cancelled"].includes(job.state) || isLost || !offer.may_start) return null;
  const start = async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      await startJob({ kind: job.kind, ...job.arguments }, signal);
    } catch (error) {
      if (!signal.aborted) problem(refusal(error));
      button.disabled = false;
    }
  };
  return h("p", { class: "buttons" }, h("button", { type: "button", dataset: { action: "again" }, onclick: start }, t("jobs.again")));
}

/** Of a job that has ended; `problem(element)` shows what a further start met. */
export function outcome(job, offer, problem, signal) {
  const result = job.result ?? { ids: {}, counts: {}, warnings: [], messages: [] };
  const lead = job.state === "done" ? LEADS[job.kind] : null;
  return [
    job.error ? h("p", { class: "form-problem" }, words(problemText(job.error))) : null,
    advice(job) ? h("p", { class: "hint" }, advice(job)) : null,
    again(job, offer, problem, signal),
    result.ids.version ? h("p", {}, t("jobs.version", { version: result.ids.version })) : null,
    loaded(result.counts),
    job.kind === "ingest" && job.state === "done" ? h("p", { class: "hint" }, t("jobs.then_publish")) : null,
    lead ? h("p", {}, h("a", { href: address(...lead) }, t(`jobs.lead.${job.kind}`))) : null,
    result.warnings.length ? h("section", {}, h("h3", {}, t("jobs.warnings")), h("ul", { class: "plain-list" }, result.warnings.map((text) => h("li", {}, words(text))))) : null,
    job.kind === "check" && result.messages.length ? h("section", {}, h("h3", {}, t("jobs.found")), h("pre", { class: "job-log", tabindex: "0", role: "group", "aria-label": t("jobs.found"), lang: "en" }, result.messages.join("\n"))) : null,
    loadNow(job, offer, problem, signal),
  ];
}
