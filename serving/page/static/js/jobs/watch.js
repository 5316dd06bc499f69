// One job: how far it is, its log as it grows, cancel, and how it ended.

import { call } from "../api.js";
import { h, name, replace, scrollBox } from "../dom.js";
import { askedButton } from "../fields.js";
import { DASH, moment, number, t } from "../i18n.js";
import { failureText, problemWords } from "../problems.js";
import { outcome } from "./outcome.js";
import { about, duration, kindName, logLine, stateBadge, stepName } from "./words.js";

const LOOK_MS = 1500;
const LOOK_AGAIN_MS = 5000;
const LINES = 1000;
/** Lines that the page holds: a browser scrolls them without delay. */
const MOST_LINES = 5000;

const pause = (time, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, time);
  signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
});

function progress(job, usual) {
  if (job.state !== "running") return null;
  const hasParts = typeof job.step_done === "number" && job.step_total > 0;
  const step = job.step ? h("p", { class: "job-now" }, t("jobs.now"), " ", stepName(job.step), hasParts ? ` ${t("jobs.parts", { done: job.step_done, total: job.step_total })}` : null) : null;
  // by its parts where the step counts them, else by the time that it took before, which is never said to be over
  const share = usual ? Math.min(job.seconds / usual, 0.98) : null;
  const bar = h("progress", { max: "1", value: share, "aria-label": t("jobs.progress") });
  return [bar, h("p", { class: "hint" }, usual ? t("jobs.usually", { time: duration(usual) }) : t("jobs.first_time")), step];
}

function stepsTable(job) {
  if (!job.steps.length) return null;
  const row = (step) => h("tr", {}, h("td", {}, stepName(step.name), step.note ? h("span", { class: "sub", lang: "en" }, step.note) : null), h("td", { class: "number" }, number(step.rows)), h("td", { class: "number" }, duration(step.seconds)));
  const heads = h("tr", {}, h("th", { scope: "col" }, t("jobs.step")), h("th", { scope: "col", class: "number" }, t("jobs.rows")), h("th", { scope: "col", class: "number" }, t("jobs.time")));
  return scrollBox(t("jobs.steps"), h("table", { class: "data compact" }, h("caption", { class: "visually-hidden" }, t("jobs.steps")), h("thead", {}, heads), h("tbody", {}, job.steps.map(row))));
}

function facts(job) {
  const pairs = [[t("jobs.started_by"), name(job.started_by)], [t("jobs.started_at"), moment(job.started_at)], [t("jobs.time"), duration(job.seconds)], [t("jobs.with"), about(job) ?? DASH]];
  if (job.cancel_by) pairs.push([t("jobs.cancelled_by"), name(job.cancel_by)]);
  return h("dl", { class: "facts one-column job-facts" }, pairs.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))));
}

/** Draws a job and follows it until it has ended. `offer`: the answer of /jobs. */
export async function watchJob(root, id, offer, signal) {
  const [title, state, place, problem, steps] = [h("h1"), h("p", { class: "visually-hidden", role: "status" }), h("div"), h("div", { role: "alert" }), h("div")];
  const stepsPanel = h("section", { class: "panel", hidden: true }, h("h2", {}, t("jobs.steps")), steps);
  const log = h("pre", { class: "job-log", tabindex: "0", role: "group", "aria-label": t("jobs.log"), lang: "en" });
  const said = (element) => replace(problem, element);
  const stop = async () => {
    try {
      await call("job_cancel", { job_id: id }, { signal });
      said(h("p", { class: "notice", role: "status", dataset: { stopping: "1" } }, t("jobs.stopping")));
    } catch (error) {
      if (!signal.aborted) said(h("p", { class: "form-problem" }, problemWords(error)));
    }
  };
  const button = askedButton(t("jobs.cancel"), t("jobs.cancel_sure"), stop, { action: "cancel" });
  let [after, shown] = [0, ""];
  const draw = ({ job, lines, seconds_last_time: usual }) => {
    replace(title, kindName(job.kind), " ", stateBadge(job));
    if (state.textContent !== t(`job_state.${job.state}`)) state.textContent = t(`job_state.${job.state}`);
    const isOpen = ["waiting", "running"].includes(job.state);
    button.hidden = !isOpen || job.is_stopping;
    if (!isOpen && problem.querySelector("[data-stopping]")) replace(problem); // it has ended
    replace(place, facts(job), progress(job, usual), job.state === "waiting" ? h("p", { class: "hint" }, t("jobs.waits")) : null, isOpen ? null : outcome(job, offer, said, signal));
    const done = JSON.stringify(job.steps);
    if (done !== shown) replace(steps, stepsTable(job)); // a table that is read or scrolled stays as it is
    stepsPanel.hidden = !job.steps.length;
    shown = done;
    const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    for (const line of lines) log.append(document.createTextNode(`${logLine(line.text)}\n`));
    while (log.childNodes.length > MOST_LINES) log.firstChild.remove();
    if (lines.length && isAtEnd) log.scrollTop = log.scrollHeight;
    after = lines.at(-1)?.number ?? after;
    return isOpen || lines.length === LINES;
  };
  const first = await call("job", { job_id: id, limit: LINES }, { signal });
  replace(root, title, state, h("section", { class: "panel" }, place, problem, button), stepsPanel, h("section", { class: "panel" }, h("h2", {}, t("jobs.log")), h("p", { class: "hint" }, t("jobs.log_hint")), log));
  const follow = async () => {
    for (let goesOn = draw(first); goesOn && !signal.aborted;) {
      await pause(LOOK_MS, signal);
      if (signal.aborted) return;
      try {
        goesOn = draw(await call("job", { job_id: id, after, limit: LINES }, { signal }));
        if (problem.querySelector("[data-away]")) replace(problem);
      } catch (error) {
        if (signal.aborted) return;
        said(h("p", { class: "form-problem", dataset: { away: "1" } }, failureText(error), " ", t("jobs.goes_on")));
        await pause(LOOK_AGAIN_MS, signal);
      }
    }
  };
  follow(); // goes on while the view is looked at
}
