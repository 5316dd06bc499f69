// What went wrong, in the page's language where the service names the problem by a code, else in the service's words.

import { words } from "./dom.js";
import { has, t } from "./i18n.js";

/** The sentence about an error: `details.problem` names one of ours and `details` holds what it speaks of. */
export function problemText(error) {
  const { problem, ...about } = error?.details ?? {};
  if (typeof problem !== "string" || !has(`problem.${problem}`)) return error?.message ?? "";
  const values = Object.entries(about).map(([key, value]) => [key, Array.isArray(value) ? value.join(t("word.list")) : value ?? ""]);
  return t(`problem.${problem}`, Object.fromEntries(values));
}

export const problemWords = (error) => words(problemText(error));
