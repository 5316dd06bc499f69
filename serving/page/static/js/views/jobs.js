// Jobs: loading, features, training and publishing, started and watched.

import { call } from "../api.js";
import { h, name, replace } from "../dom.js";
import { moment, t } from "../i18n.js";
import { cannotStart, startForm } from "../jobs/form.js";
import { watchJob } from "../jobs/watch.js";
import { about, duration, kindName, stateBadge, stepName } from "../jobs/words.js";
import { address, patchParams } from "../route.js";
import { empty, failed, fill } from "../states.js";
import { dataTable } from "../table.js";

const SHOWN = 50;
const LOOK_MS = 4000;

function list(jobs) {
  if (!jobs.length) return empty(t("jobs.none"), t("jobs.none_hint"));
  const columns = [
    { key: "kind", label: t("jobs.what"), align: "product", value: (job) => kindName(job.kind), cell: (job) => [h("a", { href: address("jobs", { id: job.job_id }), dataset: { job: job.job_id } }, kindName(job.kind)), about(job) ? h("span", { class: "sub" }, about(job)) : null] },
    { key: "state", label: t("jobs.state"), value: (job) => t(`job_state.${job.state}`), cell: (job) => [stateBadge(job), job.step ? h("span", { class: "sub" }, stepName(job.step)) : null] },
    { key: "started_at", label: t("jobs.started_at"), align: "date", first: "descending", value: (job) => job.started_at, cell: (job) => moment(job.started_at) },
    { key: "seconds", label: t("jobs.time"), align: "number", first: "descending", value: (job) => job.seconds, cell: (job) => duration(job.seconds) },
    { key: "started_by", label: t("jobs.started_by"), value: (job) => job.started_by, cell: (job) => name(job.started_by) },
  ];
  return dataTable({ columns, rows: jobs, caption: t("jobs.list") }).element;
}

/** Looks again while a job is open, so that the list tells how things stand. */
function keepFresh(place, answer, signal) {
  const isOpen = (jobs) => jobs.some((job) => ["waiting", "running"].includes(job.state));
  const look = async (before) => {
    if (signal.aborted) return;
    try {
      const { jobs } = await call("jobs", { limit: SHOWN, detail: false }, { signal });
      const states = (all) => JSON.stringify(all.map((job) => [job.job_id, job.state, job.is_stopping, job.step]));
      // what holds the keyboard is not drawn anew under it
      const drawn = states(jobs) !== states(before) && !place.contains(document.activeElement);
      if (drawn) replace(place, list(jobs));
      if (isOpen(jobs) || !drawn) setTimeout(look, LOOK_MS, drawn ? jobs : before);
    } catch {
      if (!signal.aborted) setTimeout(look, LOOK_MS * 3, before);
    }
  };
  if (isOpen(answer.jobs)) setTimeout(look, LOOK_MS, answer.jobs);
}

export async function jobsView(root, { params, overview, signal }) {
  const id = params.get("id");
  if (id) {
    const place = h("div");
    replace(root, h("p", { class: "back" }, h("a", { href: address("jobs") }, t("jobs.all"))), place);
    const show = async () => {
      try {
        await watchJob(place, id, await call("jobs", { limit: 1, detail: false }, { signal }), signal);
      } catch (error) {
        if (!signal.aborted) replace(place, h("h1", {}, t("nav.jobs")), failed(error, show));
      }
    };
    await show();
    return;
  }
  const place = h("div", { class: "result" });
  replace(root, h("h1", {}, t("nav.jobs")), h("p", { class: "intro" }, t("jobs.intro")), overview?.role === "set_up" ? h("p", { class: "panel" }, t("jobs.set_up")) : null, place);
  await fill(place, signal, async () => {
    const answer = await call("jobs", { limit: SHOWN, detail: false }, { signal });
    const rows = h("div", {}, list(answer.jobs));
    keepFresh(rows, answer, signal);
    const form = answer.may_start ? startForm(answer, params.get("new"), signal) : cannotStart();
    form.addEventListener("change", (event) => { if (event.target.name === "kind") patchParams({ new: event.target.value }); });
    return [h("section", { class: "panel" }, h("h2", {}, t("jobs.new")), form), h("h2", {}, t("jobs.list")), rows];
  }, { lines: 6 });
}
