// What went wrong, in the page's language where the service names the problem by a code, else in the service's words.

import { calledName } from "./api.js";
import { words } from "./dom.js";
import { code, day, has, moment, number, t } from "./i18n.js";
import { storeName } from "./suggestions.js";

/** Ids of an error's details by what they are of; a sentence says the names. */
const NAMED = { store_id: storeName, store_ids: storeName, product_id: (id) => calledName("product", id), product_ids: (id) => calledName("product", id), guide_id: (id) => calledName("guide", id), guides: (id) => calledName("guide", id) };

function said(key, value) {
  if (Array.isArray(value)) return value.map((one) => said(key, one)).join(t("word.list"));
  if (NAMED[key]) return NAMED[key](value);
  if (key === "table") return code("data_table", value);
  if (key === "state") return code("campaign_state", value);
  if (key === "place") return code("place_kind", value);
  if (key === "job_kind") return code("job_kind", value);
  if (key.endsWith("_at")) return moment(value);
  return /^\d{4}-\d{2}-\d{2}$/.test(value) ? day(value, "long") : (value ?? "");
}

/** Where a program reads more about a refusal, which says nothing to a person. */
const FOR_PROGRAMS = / ?(See details and \/docs\.json\.|详见 details 与 \/docs\.json。)$/;

/** A message of the service as a sentence for people. */
const plain = (message) => message.replace(FOR_PROGRAMS, "").replace(/^[a-z]/, (first) => first.toUpperCase());

/** Fields of requests that a person fills -> text that names them. */
const FIELDS = { percent: "bulk.value", quantity: "decision.quantity", order_quantity: "decision.quantity", reason: "bulk.reason", note: "bulk.reason", search: "grid.find", query: "grid.find" };

/** A field that the service refused and why, in words; its own sentence where the page has none for it. */
function refusedField([first, ...more]) {
  const place = first.where.split(".").filter((one) => !/^\d+$/.test(one)).at(-1);
  const kind = first.limit === 1 && first.type.endsWith("too_short") ? "empty" : first.type;
  if (!FIELDS[place] || !has(`field_problem.${kind}`)) return null;
  const limit = Number.isInteger(first.limit) ? number(first.limit) : String(first.limit ?? "");
  const said = t("field_problem.of", { field: t(FIELDS[place]), problem: t(`field_problem.${kind}`, { limit }) });
  return more.length ? `${said}${t("sentence.space")}${t("field_problem.more", { count: more.length })}` : said;
}

/** The sentence about an error: `details.problem` names one of ours and `details` holds what it speaks of. */
export function problemText(error) {
  const { problem, ...about } = error?.details ?? {};
  if (Array.isArray(about.problems) && about.problems[0]?.where && problem === undefined) return refusedField(about.problems) ?? plain(error.message);
  if (typeof problem !== "string" || !has(`problem.${problem}`)) return plain(error?.message ?? "");
  const values = Object.entries(about).map(([key, value]) => [key, said(key, value)]);
  return t(`problem.${problem}`, Object.fromEntries(values));
}

/** The same, or that nobody answers: the service did not say anything then. */
export const failureText = (error) => problemText(error) || t("error.unreachable.title");

/** A fault of the line or of load: the same request may be taken later. */
export const isPassing = ({ status }) => !status || [408, 429].includes(status) || status >= 500;

export const problemWords = (error) => words(problemText(error));
