// Models in use: version, backtest metrics beside their baselines, and when their answers were published.

import { h, name } from "../dom.js";
import { code, DASH, isNumber, moment, number, percent, t } from "../i18n.js";
import { foldedPanel } from "../states.js";

/** Metrics shown of each model, each beside the metric of its baseline. */
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

/** A metric's name; the short names of the trade are for who works with models. */
const metricName = (metric, role) => t(metric === "wape" && role !== "data_scientist" ? "metric.error" : `metric.${metric}`);

function tests(kind, bundle, role) {
  const metrics = bundle?.metrics ?? {};
  const [own, average] = [metrics.wape, metrics.moving_average_wape];
  const meaning = kind === "demand" && isNumber(own) && isNumber(average) ? h("p", { class: "hint" }, t("metric_meaning.wape", { value: number(100 * own), baseline: number(100 * average) })) : null;
  const rows = (SHOWN[kind] ?? []).filter(([metric]) => isNumber(metrics[metric])).map(([metric, baseline]) => h(
    "div",
    { class: "test" },
    h("dt", {}, metricName(metric, role)),
    h("dd", {}, percent(metrics[metric], 0), baseline && isNumber(metrics[baseline]) ? h("span", { class: "hint" }, ` ${t(`baseline.${baseline}`, { value: percent(metrics[baseline], 0) })}`) : null),
  ));
  return [rows, meaning && h("div", { class: "test" }, h("dd", {}, meaning))];
}

export function modelsPanel(overview) {
  const rows = Object.entries(overview?.bundles ?? {}).map(([kind, bundle]) => [h("div", {}, h("dt", {}, code("bundle", kind)), h("dd", {}, versionText(bundle))), tests(kind, bundle, overview.role)]);
  const missing = Object.entries(overview?.left_out ?? {}).map(([kind, reason]) => h("p", { class: "warn", title: reason, "data-left-out": kind }, t("overview.left_out", { model: code("bundle", kind) })));
  const more = [["published_at", moment], ["tenant", String], ["role", (role) => code("role", role)]]
    .filter(([key]) => overview?.[key]).map(([key, text]) => h("div", {}, h("dt", {}, t(`overview.${key}`)), h("dd", {}, name(text(overview[key])))));
  return foldedPanel(t("overview.models"), [missing, h("dl", { class: "facts one-column" }, rows, more)], "side");
}
