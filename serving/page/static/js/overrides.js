// What people put in the place of a forecast: who, why and until when; making one and taking it back.

import { call } from "./api.js";
import { refusal } from "./decisions.js";
import { h, name, replace, words } from "./dom.js";
import { keepDraft } from "./drafts.js";
import { askedButton } from "./fields.js";
import { addDays, day, number, t } from "./i18n.js";
import { addressed } from "./openable.js";
import { close } from "./route.js";
import { failed } from "./states.js";

const KINDS = ["factor", "units"];

function effect(row) {
  return row.kind === "factor" ? `× ${number(row.value, 2)}` : t("override.units_a_day", { units: number(row.value, 1) });
}

/** `ends_on` is the first day that an override no longer applies to. */
const lastDay = (row) => addDays(row.ends_on, -1);

/** A line above the chart where days of the forecast were changed by people. */
export function overriddenNotice(forecasts) {
  const seen = new Map();
  for (const row of forecasts) if (row.override) seen.set(row.override.override_id, row.override);
  if (!seen.size) return null;
  return [...seen.values()].map((row) => h("p", { class: "notice warn" }, t("override.in_effect", { effect: effect(row), who: row.made_by }), row.ends_on ? t("sentence.space") + t("override.until", { day: day(lastDay(row)) }) : "", t("sentence.space"), words(t("override.because", { reason: row.reason }))));
}

function item(row, mayWrite, onback) {
  return h("li", { class: `rule ${row.state}` },
    h("div", {}, h("p", {}, h("strong", {}, effect(row)), " · ", day(row.begins_on), row.ends_on ? [" – ", day(lastDay(row))] : null), h("p", { class: "hint" }, name(row.made_by), " · ", words(row.reason))),
    h("span", { class: `badge state-override-${row.state}` }, t(`override.state.${row.state}`)),
    mayWrite && (row.state === "active" || row.state === "waiting") ? askedButton(t("override.take_back"), t("override.take_back_sure"), () => onback(row), { action: "take-back" }) : null);
}

function form(from, { series, of }, onmake) {
  const field = (label, input) => h("label", { class: "field" }, h("span", {}, label), input);
  const send = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    onmake({ kind: given.kind, value: Number(given.value), ends_on: addDays(given.until, 1), reason: given.reason.trim() }, draft);
  };
  const element = h("form", { class: "pickers rule-form", onsubmit: send },
    field(t("override.kind"), h("select", { name: "kind" }, KINDS.map((kind) => h("option", { value: kind }, t(`override.kind.${kind}`))))),
    field(t("override.value"), h("input", { name: "value", type: "number", min: "0", step: "any", required: true, value: "1.2" })),
    field(t("override.last_day"), h("input", { name: "until", type: "date", required: true, min: from, value: addDays(from, 6) })),
    field(t("override.reason"), h("input", { name: "reason", type: "text", required: true, maxlength: "300" })),
    h("button", { type: "submit", class: "primary" }, t("override.make")));
  const draft = keepDraft(element, `override ${series.store_id} ${series.product_id}`, { of, onlyUnsent: true });
  element.prepend(draft.notice);
  return element;
}

/** A panel that opens on demand; `onchange()` draws the forecast again. */
export function overridesPanel({ store, product, from }, signal, onchange) {
  const [place, problem] = [h("div"), h("p", { class: "form-problem", role: "alert" })];
  const series = { store_id: store.id, product_id: product.id };
  const sure = h("span");
  /** What was refused or offered was so for other values. */
  const forget = () => {
    problem.textContent = "";
    replace(sure);
  };
  place.addEventListener("input", forget);
  const of = ["unsent.override", { product: product.name, store: store.name }];
  const send = async (body, draft = null) => {
    forget();
    const once = (id) => call("overrides", draft ? { overrides: body.overrides.map((one) => ({ ...one, override_id: id })) } : body, draft ? {} : { signal });
    try {
      await (draft ? draft.send(once) : once());
      if (signal.aborted) return;
      close("override"); // what came of it is above
      onchange();
    } catch (error) {
      if (signal.aborted) return;
      problem.textContent = refusal(error);
      if (error.code !== "unconfirmed") return;
      const confirmed = { overrides: body.overrides.map((one) => ({ ...one, confirm_exception: true })) };
      replace(sure, h("button", { type: "button", dataset: { action: "confirm-override" }, onclick: () => send(confirmed, draft) }, t("override.confirm")));
    }
  };
  const open = async () => {
    try {
      const answer = await call("overrides", series, { signal });
      const rows = answer.overrides ?? [];
      replace(place, h("p", { class: "hint" }, t("override.hint")),
        rows.length ? h("ol", { class: "rules" }, rows.map((row) => item(row, answer.may_write, (one) => send({ withdraw: [one.override_id] })))) : null,
        answer.may_write ? form(from, { series, of }, (made, draft) => send({ overrides: [{ ...series, ...made }] }, draft)) : null, problem, sure);
    } catch (error) {
      if (!signal.aborted) replace(place, failed(error, open));
    }
  };
  return addressed(h("details", { class: "panel override", ontoggle: (event) => { if (event.target.open && !place.childElementCount) open(); } }, h("summary", {}, t("override.title")), place), "override", signal);
}
