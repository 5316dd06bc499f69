// The form that starts a job: what, from where, as of which day, how thorough.

import { call } from "../api.js";
import { h, icon, replace } from "../dom.js";
import { keepDraft } from "../drafts.js";
import { choice, field, fileField } from "../fields.js";
import { number, percent, t } from "../i18n.js";
import { once } from "../once.js";
import { isPassing, problemWords } from "../problems.js";
import { address } from "../route.js";
import { sendFiles } from "./files.js";
import { formName, kindName } from "./words.js";

const START_MS = 60_000;
const FILES = "files";
/** Values of the choice of a source; a source may be called anything. */
const sourceValue = (source) => `source:${source}`;
const megabytes = (bytes) => number(bytes / 1e6, bytes < 1e7 ? 1 : 0);

/** What a refused start says, with a way to the job that holds the place. */
export function refusal(error) {
  const other = error.details?.problem === "job_running" ? error.details.job_id : null;
  return h("p", { class: "form-problem" }, problemWords(error), other ? [" ", h("a", { href: address("jobs", { id: other }) }, t("jobs.look"))] : null);
}

/** Starts a job and goes to where it is watched. `id`: of a draft that keeps it; sent again under it, the job starts once. */
export async function startJob(body, signal, id = null) {
  const start = (sent) => call("job_start", { ...body, job_id: `job_${sent}` }, { timeout: START_MS });
  const { job } = await (id ? start(id) : once(body, start));
  if (!signal.aborted) location.hash = address("jobs", { id: job.job_id });
}

/** Where the data come from: a source of the settings, or files of this device. */
function origin(offer, kind) {
  const places = [...offer.sources.map(sourceValue), ...(offer.upload_bytes ? [FILES] : [])];
  const forms = offer.forms.filter((one) => one !== "seen");
  const ofFiles = [fileField(t("jobs.files"), { name: "files", multiple: true, accept: offer.endings.join(",") }, t("jobs.files_hint", { size: megabytes(offer.upload_bytes) })), kind === "check" ? null : choice(t("jobs.form"), "form", forms, "tables", formName)];
  const more = h("div", { class: "pickers inner" });
  const suit = (place) => { replace(more, place === FILES ? ofFiles : null); };
  suit(places[0]);
  const from = choice(t("jobs.from"), "from", places, places[0], (place) => (place === FILES ? t("jobs.own_files") : place.slice(sourceValue("").length)), (event) => suit(event.target.value));
  return places.length ? [from, more] : [h("p", { class: "hint" }, t("jobs.no_sources"))];
}

function fields(offer, chosen) {
  const takes = (option) => chosen.options.includes(option);
  return [
    chosen.loads ? origin(offer, chosen.kind) : null,
    takes("as_of") ? field(t("jobs.as_of"), h("input", { type: "date", name: "as_of" }), t("jobs.as_of_hint")) : null,
    takes("preset") ? choice(t("jobs.preset"), "preset", ["fast", "full"], "fast", (preset) => t(`job_preset.${preset}`)) : null,
  ];
}

/** Files that have arrived and whose job has not: what they are -> their load, which the next press starts. */
const arrived = new Map();
const whatFiles = (files) => JSON.stringify(files.map(({ name, size, lastModified }) => [name, size, lastModified]));

async function request(given, offer, signal, onprogress) {
  const body = { kind: given.get("kind") };
  for (const option of ["as_of", "preset"]) if (given.get(option)) body[option] = given.get(option);
  const from = given.get("from");
  if (from === FILES) {
    const files = given.getAll("files").filter((file) => file.name);
    const which = whatFiles(files);
    body.upload = arrived.get(which) ?? await sendFiles(files, { partBytes: offer.part_bytes, signal, onprogress });
    arrived.set(which, body.upload);
    if (given.get("form")) body.form = given.get("form");
  } else if (from) body.source = from.slice(sourceValue("").length);
  return body;
}

/** `offer`: the answer of /jobs; `wanted`: the kind that is chosen at first. */
export function startForm(offer, wanted, signal) {
  const kinds = offer.kinds.map((one) => one.kind);
  const first = kinds.includes(wanted) ? wanted : kinds[0];
  const [rest, hint, outcome] = [h("div", { class: "pickers inner" }), h("p", { class: "hint" }), h("div", { role: "alert" })];
  const suit = (kind) => {
    replace(rest, fields(offer, offer.kinds.find((one) => one.kind === kind)));
    hint.textContent = t(`job_hint.${kind}`);
    replace(outcome);
  };
  suit(first);
  const button = h("button", { type: "submit", class: "primary", dataset: { action: "start" } }, t("jobs.start"));
  const progress = (share) => replace(outcome, h("p", { class: "hint", role: "status" }, t("jobs.sending", { share: percent(share, 0) })));
  const send = async (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const loads = offer.kinds.find((one) => one.kind === given.get("kind")).loads;
    const isEmpty = given.get("from") === FILES && !given.getAll("files").some((file) => file.name);
    if (loads && (!given.get("from") || isEmpty)) { replace(outcome, h("p", { class: "form-problem" }, t(given.get("from") ? "jobs.choose_files" : "jobs.no_sources"))); return; }
    button.disabled = true;
    try {
      // files of the device are no text that could be kept: a form that has some is not
      const start = async (id) => startJob(await request(given, offer, signal, progress), signal, id);
      await (given.get("from") === FILES ? start() : draft.send(start));
      arrived.clear();
    } catch (error) {
      if (!isPassing(error)) arrived.clear();
      if (!signal.aborted) replace(outcome, refusal(error));
    } finally {
      button.disabled = false;
    }
  };
  const form = h("form", { class: "job-form", onsubmit: send },
    h("div", { class: "pickers" }, choice(t("jobs.what"), "kind", kinds, first, kindName, (event) => suit(event.target.value)), rest, button), hint, outcome);
  const draft = keepDraft(form, `job ${first}`, { of: ["unsent.job", { kind: kindName(first) }], onlyUnsent: true });
  form.prepend(draft.notice);
  return form;
}

/** Why nothing can be started here. */
export const cannotStart = () => h("p", { class: "hint" }, icon("alert"), " ", t("problem.jobs_off"));
