// Jobs in words: their kind, state, arguments and how long they take.

import { h, name } from "../dom.js";
import { code, day, t } from "../i18n.js";

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
