// What went wrong, in the page's language where the service names the problem by a code, else in the service's words.

import { words } from "./dom.js";
import { code, day, has, t } from "./i18n.js";

function said(key, value) {
  if (Array.isArray(value)) return value.join(t("word.list"));
  if (key === "state") return code("campaign_state", value);
  if (key === "place") return code("place_kind", value);
  if (key === "job_kind") return code("job_kind", value);
  return /^\d{4}-\d{2}-\d{2}$/.test(value) ? day(value, "long") : (value ?? "");
}

/** The sentence about an error: `details.problem` names one of ours and `details` holds what it speaks of. */
export function problemText(error) {
  const { problem, ...about } = error?.details ?? {};
  if (typeof problem !== "string" || !has(`problem.${problem}`)) return error?.message ?? "";
  const values = Object.entries(about).map(([key, value]) => [key, said(key, value)]);
  return t(`problem.${problem}`, Object.fromEntries(values));
}

/** The same, or that nobody answers: the service did not say anything then. */
export const failureText = (error) => problemText(error) || t("error.unreachable.title");

export const problemWords = (error) => words(problemText(error));
