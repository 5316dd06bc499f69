// Jobs in words: their kind, state, arguments and how long they take.

import { h, name } from "../dom.js";
import { code, day, has, t } from "../i18n.js";

export const kindName = (kind) => code("job_kind", kind);

export function stateBadge(job) {
  const state = job.is_stopping ? "stopping" : job.state;
  return h("span", { class: `badge job-${state}` }, t(`job_state.${state}`));
}

export function formName(form) {
  return code("job_form", form);
}

/** What a job was started with, in a line; null where nothing was chosen. */
export function about(job) {
  const { source, upload, dataset, form, as_of: asOf, preset } = job.arguments;
  const parts = [
    source ? name(source) : null,
    upload ? t("jobs.sent_files") : null,
    upload && form ? formName(form) : null,
    dataset ? name(dataset) : null,
    asOf ? t("jobs.as_of_day", { day: day(asOf, "long") }) : null,
    preset ? t(`job_preset.${preset}`) : null,
  ].filter(Boolean);
  return parts.length ? h("span", {}, parts.map((part, index) => [index ? " · " : null, part])) : null;
}

export function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return t("jobs.seconds", { seconds: whole });
  if (whole < 3600) return t("jobs.minutes", { minutes: Math.floor(whole / 60), seconds: whole % 60 });
  return t("jobs.hours", { hours: Math.floor(whole / 3600), minutes: Math.floor((whole % 3600) / 60) });
}

/** What to do about a job that ended so; null where nothing is to be done. */
export function advice(job) {
  return ["failed", "stopped", "cancelled"].includes(job.state) ? t(`jobs.advice.${job.state}`) : null;
}

/** What a step is about: a day, a table, a kind of model, or as it is. */
function subject(part) {
  if (/^\d{4}-\d{2}-\d{2}$/.test(part)) return day(part, "long");
  const known = ["data_table", "drift.table", "bundle"].find((prefix) => has(`${prefix}.${part}`));
  return known ? t(`${known}.${part}`) : part;
}

/** A step of a job in words; one that the page does not know as the service calls it. */
export function stepName(text) {
  const key = (parts) => `job_step.${parts.join("_")}`;
  const parts = text.split(" ");
  if (has(key(parts))) return t(key(parts));
  const open = (place) => key(parts.map((part, index) => (index === place ? "*" : part)));
  const place = parts.findIndex((_, index) => has(open(index)));
  return place < 0 ? text : t(open(place), { what: subject(parts[place]) });
}

/** A line of the log: where it tells of a step, in words; else as the command printed it. */
export function logLine(text) {
  const step = /^( *)(\S.*?) {2,}(?:([\d,]+) rows)? +([\d.]+) s(?: {2}(.*))?$/.exec(text);
  if (!step) return text;
  const [, before, what, rows, seconds, note] = step;
  const facts = [rows ? t("jobs.rows_of", { count: Number(rows.replaceAll(",", "")) }) : null, t("jobs.seconds", { seconds }), note].filter(Boolean);
  return `${before}${stepName(what)}  ${facts.join(" · ")}`;
}
