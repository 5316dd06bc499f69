// Which models speak, how well they did when they were tested, and when their answers were published.

import { h, name } from "../dom.js";
import { code, DASH, isNumber, moment, percent, t } from "../i18n.js";

/** What is shown of a model's test, each beside the simple method it should beat. */
const SHOWN = {
  demand: [["wape", "moving_average_wape"], ["coverage_90", null]],
  recommender: [["recall_at_10", "personal_frequency_recall_at_10"], ["audience_precision_at_100", "audience_rfm_precision_at_100"]],
};

function versionText(bundle) {
  if (bundle === null || bundle === undefined) return h("span", { class: "hint" }, t("overview.no_model"));
  if (typeof bundle !== "object") return name(String(bundle));
  const when = bundle.trained_at ?? bundle.created_at ?? bundle.promoted_at;
  return [h("strong", {}, t("overview.version", { version: bundle.version ?? DASH })), when ? h("span", { class: "hint" }, ` · ${moment(when)}`) : null];
}

function tests(kind, bundle) {
  const metrics = bundle?.metrics ?? {};
  return (SHOWN[kind] ?? []).filter(([metric]) => isNumber(metrics[metric])).map(([metric, rival]) => h(
    "div",
    { class: "test" },
    h("dt", {}, t(`metric.${metric}`)),
    h("dd", {}, percent(metrics[metric], 0), rival && isNumber(metrics[rival]) ? h("span", { class: "hint" }, ` ${t(`rival.${rival}`, { value: percent(metrics[rival], 0) })}`) : null),
  ));
}

export function modelsPanel(overview) {
  const rows = Object.entries(overview?.bundles ?? {}).map(([kind, bundle]) => [h("div", {}, h("dt", {}, code("bundle", kind)), h("dd", {}, versionText(bundle))), tests(kind, bundle)]);
  const missing = Object.entries(overview?.left_out ?? {}).map(([kind, reason]) => h("p", { class: "warn", title: reason, "data-left-out": kind }, t("overview.left_out", { model: code("bundle", kind) })));
  const more = [["published_at", moment], ["tenant", String], ["role", (role) => code("role", role)]]
    .filter(([key]) => overview?.[key]).map(([key, text]) => h("div", {}, h("dt", {}, t(`overview.${key}`)), h("dd", {}, name(text(overview[key])))));
  return h("section", { class: "panel side" }, h("h2", {}, t("overview.models")), missing, h("dl", { class: "facts one-column" }, rows, more));
}
