// Sign-in dialog: asks for an access key when there is none or it was refused.

import { call, hasKey, setKey } from "./api.js";
import { h, replace, uniqueId } from "./dom.js";
import { t } from "./i18n.js";
import { problemWords } from "./problems.js";

let open = null;

/** Shows the box once; `accepted` is called after the service took the key. */
export function askKey(error, accepted) {
  if (open) return;
  const field = h("input", { id: uniqueId("key"), type: "password", autocomplete: "off", spellcheck: "false", required: true, class: "wide" });
  const message = h("p", { class: "key-message", role: "alert" }, error?.message && hasKey() ? problemWords(error) : null);
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", {}, t("key.title")),
    h("p", {}, t("key.explanation")),
    h("label", { for: field.id }, t("key.label")),
    field,
    message,
    h(
      "p",
      { class: "buttons" },
      h("button", { type: "submit", class: "primary" }, t("key.use")),
      h("button", { type: "button", onclick: () => box.close() }, t("action.cancel")),
    ),
    h("p", { class: "hint" }, t("key.where")),
  );
  const box = h("dialog", { class: "key-box", "aria-label": t("key.title"), onclose: () => { box.remove(); open = null; } }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const before = setKey(field.value);
    try {
      await call("overview");
    } catch (problem) {
      // the one before stays
      if (problem.isAboutKey) setKey(before);
      replace(message, problem.isAboutKey ? problemWords(problem) : t(`error.${problem.code === "timeout" ? "timeout" : problem.status === 0 ? "unreachable" : "server"}.title`));
      field.select();
      return;
    }
    box.close();
    accepted();
  });
  open = box;
  document.body.append(box);
  box.showModal();
}
