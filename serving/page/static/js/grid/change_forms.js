// What becomes of many lines: the forms that ask how they change, or why they are rejected.

import { h, onEscape } from "../dom.js";
import { choice, field } from "../fields.js";
import { t } from "../i18n.js";

/** Values that the service takes: percent added to a quantity, units of a line. */
const LIMITS = { percent: [-100, 1000], quantity: [0, 1e9] };

/** Why a value cannot be, in the words of the page; blank where it can. */
function wrongValue(kind, input) {
  if (!LIMITS[kind]) return "";
  const [min, max] = LIMITS[kind];
  const value = input.valueAsNumber;
  return value >= min && value <= max ? "" : t(`bulk.wrong.${kind}`, { min, max });
}

/** The form of a change: by a share, to a quantity or to whole packs, with a reason. `onsend(change)`. */
export function changeForm(onsend, oncancel) {
  const kinds = ["percent", "quantity", "packs"];
  const value = h("input", { type: "number", name: "value", step: "any", required: true, inputmode: "decimal", value: "10" });
  const wrong = h("p", { class: "form-problem", role: "alert" });
  const valueField = field(t("bulk.value"), value);
  const limit = (how) => { [value.min, value.max] = LIMITS[how] ?? ["", ""]; wrong.textContent = ""; };
  limit("percent");
  const kind = choice(t("bulk.how"), "kind", kinds, "percent", (one) => t(`bulk.kind.${one}`), (event) => { valueField.hidden = event.target.value === "packs"; value.required = !valueField.hidden; limit(event.target.value); });
  const packs = choice(t("bulk.packs"), "packs", ["nearest", "up", "down", "none"], "nearest", (one) => t(`bulk.packs_${one}`));
  const send = (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const how = given.get("kind");
    wrong.textContent = wrongValue(how, value);
    if (wrong.textContent) { value.focus(); return; }
    const rounding = given.get("packs") === "none" ? null : given.get("packs");
    onsend({ action: "change", packs: how === "packs" ? rounding ?? "nearest" : rounding, ...(how === "packs" ? {} : { [how]: Number(given.get("value")) }), ...(given.get("reason").trim() ? { reason: given.get("reason").trim() } : {}) });
  };
  const form = h("form", { class: "pickers bulk-form", novalidate: true, onsubmit: send }, kind, valueField, wrong, packs, field(t("bulk.reason"), h("input", { name: "reason", maxlength: "300" })),
    h("p", { class: "buttons" }, h("button", { type: "submit", class: "primary", dataset: { bulk: "preview" } }, t("bulk.preview")), h("button", { type: "button", onclick: oncancel }, t("action.cancel"))));
  return onEscape(form, oncancel);
}

export function rejectForm(onsend, oncancel) {
  const send = (event) => { event.preventDefault(); onsend({ action: "reject", reason: new FormData(event.target).get("reason").trim() }); };
  return onEscape(h("form", { class: "pickers bulk-form", onsubmit: send }, field(t("bulk.reason_needed"), h("input", { name: "reason", maxlength: "300", required: true, pattern: ".*\\S.*" })),
    h("p", { class: "buttons" }, h("button", { type: "submit", class: "primary", dataset: { bulk: "preview" } }, t("bulk.preview")), h("button", { type: "button", onclick: oncancel }, t("action.cancel")))), oncancel);
}
