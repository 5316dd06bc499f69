// Model versions side by side: what their backtests measured, by window, demand class and store; beside them the features.

import { call, workedOut } from "../api.js";
import { h, name, replace, scrollBox, words } from "../dom.js";
import { draftOf, forgetDraft, keepDraft } from "../drafts.js";
import { choice } from "../fields.js";
import { code, DASH, isNumber, moment, number, percent, t } from "../i18n.js";
import { bars, lines } from "../plots.js";
import { failureText } from "../problems.js";
import { may, mayRunJobs, placeKind } from "../rights.js";
import { address } from "../route.js";
import { empty, fill } from "../states.js";
import { storeName } from "../suggestions.js";
import { dataTable } from "../table.js";
import { driftPart } from "./drift.js";

const KINDS = ["demand", "recommender"];
/** A promotion copies the files of a model. */
const PROMOTE_MS = 180_000;
const COLOURS = ["c1", "c6", "c3", "c2", "c4"];
/** Measures by window of each kind, and the method whose line is drawn beside the versions. */
const PLOTS = {
  demand: [["wape", "champion", "moving_average"], ["coverage_90", "champion", null]],
  recommender: [["ndcg_at_10", "model", "personal_frequency"], ["precision_at_100", "model", "rfm"]],
};
const METRICS = {
  demand: ["wape", "bias", "rmsse", "pinball", "coverage_90", "sum7_wape", "sum28_wape", "store_wape"],
  recommender: ["recall_at_10", "ndcg_at_10", "hit_rate_at_10", "audience_precision_at_100", "audience_lift", "audience_auc"],
};
const SHARES = /wape|bias|coverage|recall|ndcg|hit_rate|precision|within/;
const shown = (metric, value) => (!isNumber(value) ? DASH : SHARES.test(metric) ? percent(value, 1) : number(value, 3));
const label = (one) => t("overview.version", { version: one.version });

function heads(versions) {
  const run = (one) => (one.run_url ? h("a", { href: one.run_url, rel: "noreferrer" }, t("versions.run")) : h("code", { title: t("versions.run_hint") }, one.run_id.slice(0, 12)));
  return h("tr", {}, h("td"), versions.map((one) => h("th", { scope: "col", class: "number" }, label(one), " ", one.is_champion ? h("span", { class: "badge contact" }, t("versions.champion")) : null, h("span", { class: "sub" }, moment(one.trained_at)), h("span", { class: "sub" }, run(one)))));
}

function sideBySide(kind, versions, again) {
  const metrics = [...new Set([versions[0].metric, ...METRICS[kind]])].filter((metric) => versions.some((one) => isNumber(one.metrics[metric])));
  const best = (metric) => {
    const values = versions.map((one) => one.metrics[metric]).filter(isNumber);
    return metric === versions[0].metric ? (versions[0].better === "lower" ? Math.min(...values) : Math.max(...values)) : null;
  };
  const row = (metric) => h("tr", {}, h("th", { scope: "row" }, code("metric", metric), metric === versions[0].metric ? h("span", { class: "sub" }, t("versions.decides")) : null), versions.map((one) => h("td", { class: `number${one.metrics[metric] === best(metric) ? " strong" : ""}` }, shown(metric, one.metrics[metric]))));
  return h("section", { class: "panel" }, h("h2", {}, t("versions.side_by_side")), isAlike(versions) ? null : h("p", { class: "hint", dataset: { unlike: "" } }, t("versions.unlike")), scrollBox(t("versions.side_by_side"), h("table", { class: "data compact" }, h("caption", { class: "visually-hidden" }, t("versions.side_by_side")), h("thead", {}, heads(versions)), h("tbody", {}, metrics.map(row)))),
    promotion(kind, versions, again));
}

const command = (kind, version) => h("code", {}, `retail-brain promote ${kind} ${version}`);

/** What compares two versions that saw other days: the job, of the newest version, or the command. */
function comparing(kind, version, versions) {
  const isNewest = version === Math.max(...versions.map((one) => one.version));
  if (mayRunJobs() && isNewest) return h("p", { class: "hint" }, t("versions.compare_by_job"), " ", h("a", { href: address("jobs", { new: `promote_${kind}` }) }, t(`job_kind.promote_${kind}`)));
  return [h("p", { class: "hint" }, t("versions.compare_by")), h("p", {}, command(kind, version))];
}

/** Days that the backtests of a version begin on, as one text. */
const windowsOf = (one) => [...new Set(one.windows.map((row) => row.cutoff))].sort().join(" ");

/** Whether the figures of all versions that were tested come from the same days and data. */
const isAlike = (versions) => new Set(versions.filter((one) => one.windows.length).map((one) => `${one.as_of} ${windowsOf(one)}`)).size < 2;

/** How a version goes into use: here with a reason, where the key may, or by the command. */
function promotion(kind, versions, again) {
  const others = versions.filter((one) => !one.is_champion);
  const kept = `promote ${kind}`;
  const wanted = draftOf(kept)?.fields?.version;
  // it came without our hearing, or is none of those that can be chosen: another one would go in its place
  const isOver = wanted && !others.some((one) => String(one.version) === wanted) && forgetDraft(kept);
  if (!others.length) return null; // the only one is in use
  if (!may("models:promote") || placeKind() !== "headquarters") return [h("p", { class: "hint" }, t("versions.how_to_promote")), h("p", {}, command(kind, others[0].version))];
  const outcome = h("div", { role: "status" });
  const problem = h("p", { class: "form-problem", role: "alert" });
  if (isOver) replace(outcome, h("p", { class: "notice" }, t("versions.chosen_before", { version: wanted })));
  let isUnderway = false;
  const send = async (body, { force = false } = {}) => {
    if (isUnderway) return; // pressed twice, the second answer would be that it is in use already
    isUnderway = true;
    problem.textContent = "";
    replace(outcome);
    try {
      const done = await draft.send(() => call("promote", force ? { ...body, force } : body, { timeout: PROMOTE_MS }));
      const isIn = done.promoted || done.outcome === "same"; // sent again, it is in use already
      const said = h("p", { class: isIn ? "notice" : "warn" }, t(isIn ? "versions.promoted" : "versions.not_promoted", { version: done.version }), " ", words(done.reason));
      if (isIn) again([said, h("p", { class: "hint" }, t("versions.publish"), " ", mayRunJobs() ? h("a", { href: address("jobs", { new: "publish" }) }, t("jobs.publish_now")) : h("code", {}, "retail-brain publish"))]);
      else replace(outcome, said, anyway(body));
    } catch (error) {
      problem.textContent = failureText(error);
      if (error.details?.problem === "other_backtest") replace(outcome, comparing(kind, body.version, versions), anyway(body));
    } finally {
      isUnderway = false;
    }
  };
  const anyway = (body) => h("p", { class: "buttons" }, h("button", { type: "button", dataset: { action: "promote-anyway" }, onclick: () => send(body, { force: true }) }, t("versions.promote_anyway")));
  const submit = (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    send({ kind, version: Number(given.get("version")), reason: given.get("reason").trim() });
  };
  // what was offered was so for the version and the reason before
  const forget = () => { problem.textContent = ""; replace(outcome); };
  const form = h("form", { class: "pickers", onsubmit: submit, oninput: forget },
    choice(t("versions.which"), "version", others.map((one) => String(one.version)), String(others[0].version), (version) => t("overview.version", { version })),
    h("label", { class: "field wide" }, h("span", {}, t("versions.why")), h("input", { name: "reason", maxlength: "1000", required: true, pattern: ".*\\S.*" })),
    h("button", { type: "submit", class: "primary", dataset: { action: "promote" } }, t("versions.promote")));
  const draft = keepDraft(form, kept, { of: ["unsent.promote", { kind: t(`bundle.${kind}`) }], onlyUnsent: true });
  form.prepend(draft.notice);
  return h("section", {}, h("h3", {}, t("versions.promote_title")), h("p", { class: "hint" }, t("versions.promote_hint")), form, problem, outcome);
}

function byWindow(kind, versions) {
  const places = [...new Set(versions.flatMap((one) => one.windows.map((row) => row.cutoff)))].sort();
  const points = (one, method, metric) => one.windows.filter((row) => row.method === method && isNumber(row[metric])).map((row) => ({ x: row.cutoff, value: row[metric] }));
  const plot = ([metric, own, baseline]) => {
    const series = versions.map((one, index) => ({ name: label(one), colour: COLOURS[index % COLOURS.length], points: points(one, own, metric) }));
    if (baseline) series.push({ name: code("method", baseline), colour: "c0", points: points(versions[0], baseline, metric) });
    const known = series.filter((one) => one.points.length);
    // one window makes dots, not a line: bars tell versions apart
    const drawn = places.length === 1 ? bars(known.map((one) => ({ label: one.name, value: one.points[0].value, text: shown(metric, one.points[0].value) }))) : lines(known, { places, format: (value) => shown(metric, value), summary: code("metric", metric) });
    return drawn ? h("section", {}, h("h3", {}, code("metric", metric)), drawn) : null;
  };
  return places.length ? h("section", { class: "panel" }, h("h2", {}, t("versions.by_window")), h("p", { class: "hint" }, t("versions.by_window_hint")), h("div", { class: "pair" }, PLOTS[kind].map(plot))) : null;
}

/** A table with a row per class or store and a column per version. */
function byPart(title, hint, versions, rowsOf, key, text, metric) {
  const parts = [...new Set(versions.flatMap((one) => rowsOf(one).map((row) => row[key])))];
  if (!parts.length) return h("section", { class: "panel" }, h("h2", {}, t(title)), h("p", { class: "hint" }, t("versions.not_recorded")));
  const value = (one, part) => rowsOf(one).find((row) => row[key] === part)?.[metric];
  const columns = [{ key: "part", label: t(`${title}_column`), value: (part) => text(part), cell: (part) => name(text(part)) }, ...versions.map((one) => ({ key: `v${one.version}`, label: label(one), align: "number", first: "descending", value: (part) => value(one, part), cell: (part) => shown(metric, value(one, part)) }))];
  return h("section", { class: "panel" }, h("h2", {}, t(title)), h("p", { class: "hint" }, t(hint)), dataTable({ columns, rows: parts, caption: t(title), page: 15, which: key }).element);
}

export async function versionsView(root, { params, signal }) {
  // features are those of the whole chain, which headquarters alone may see
  const kinds = placeKind() === "headquarters" ? [...KINDS, "features"] : KINDS;
  const kind = kinds.includes(params.get("kind")) ? params.get("kind") : "demand";
  const place = h("div", { class: "result" });
  const links = kinds.map((one) => h("a", { class: "button", "aria-current": one === kind ? "true" : null, dataset: { kind: one }, href: address("models", { kind: one }) }, t(`bundle.${one}`)));
  replace(root, h("h1", {}, t("nav.models")), h("p", { class: "intro" }, t(kind === "features" ? "drift.intro" : "versions.intro")), h("nav", { class: "filters links", "aria-label": t("nav.models") }, links), place);
  if (kind === "features") return driftPart(place, { params, signal });
  const news = h("div", { role: "status", tabindex: "-1" });
  place.before(news);
  const draw = () => fill(place, signal, async () => {
    // the first question to a worker starts MLflow, which may take longer than one answer may
    const { versions, total } = await workedOut("models", { kind, limit: 5 }, { signal });
    if (!versions.length) return empty(t("versions.none"), t("versions.none_hint"));
    return [
      sideBySide(kind, versions, (said) => { replace(news, said); news.focus(); draw(); }), byWindow(kind, versions),
      kind === "demand" ? h("div", { class: "pair" }, byPart("versions.by_class", "versions.by_class_hint", versions, (one) => one.classes, "group", (part) => code("demand_class", part), "within_90"), byPart("versions.by_store", "versions.by_store_hint", versions, (one) => one.stores, "store_id", storeName, "wape")) : null,
      total > versions.length ? h("p", { class: "hint" }, t("versions.more", { shown: versions.length, total })) : null];
  }, { lines: 8, slow: "state.worked_out" });
  return draw();
}
