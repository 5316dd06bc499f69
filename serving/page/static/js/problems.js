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

/** Conditions over several fields as the service states them -> text of the page; its forms look at most of them before. */
const CONDITIONS = [[/^ends_on (is the day after|是最后一天)/, "campaign.last_before_first"], [/^(a campaign lasts a year|活动最长一年)/, "campaign.too_long"], [/^last_hour (must lie|须晚于)/, "campaign.hours_backwards"], [/^(give either lines or a view|lines 和 view)/, "bulk.nothing_picked"]];

/** A field that the service refused and why, in words; its own sentence where the page has none for it. */
function refusedField([first, ...more]) {
  const condition = CONDITIONS.find(([said]) => said.test(first.problem ?? ""));
  if (condition) return t(condition[1]);
  const place = first.where.split(".").filter((one) => !/^\d+$/.test(one)).at(-1);
  const kind = first.limit === 1 && first.type.endsWith("too_short") ? "empty" : first.type;
  if (!FIELDS[place] || !has(`field_problem.${kind}`)) return null;
  const limit = Number.isInteger(first.limit) ? number(first.limit) : String(first.limit ?? "");
  const said = t("field_problem.of", { field: t(FIELDS[place]), problem: t(`field_problem.${kind}`, { limit }) });
  return more.length ? `${said}${t("sentence.space")}${t("field_problem.more", { count: more.length })}` : said;
}

/** Rules of the list that cannot be used, by their place; the reason where the page has words for the field. */
function unusableRules(problems) {
  if (!problems.length) return null;
  const one = ({ rule, name: named, where }) => {
    const place = where.split(".")[0];
    const about = has(`rule.${place}`) ? t("rule.unusable_field", { field: t(`rule.${place}`) }) : t("rule.unusable_times");
    return t("rule.unusable", { place: rule, name: named ? ` (${named})` : "", about });
  };
  return [...new Set(problems.map(one)), t("rule.unusable_next")].join(t("sentence.space"));
}

/** The sentence about an error: `details.problem` names one of ours and `details` holds what it speaks of. */
export function problemText(error) {
  const { problem, ...about } = error?.details ?? {};
  if (Array.isArray(about.problems) && about.problems[0]?.where && problem === undefined) return refusedField(about.problems) ?? plain(error.message);
  if (problem === "rules_unusable") return unusableRules(about.problems ?? []) ?? plain(error.message);
  if (typeof problem !== "string" || !has(`problem.${problem}`)) return plain(error?.message ?? "");
  // nothing near it: there is nothing to choose from
  if (problem === "unknown_column" && !about.nearest?.length) return t("problem.no_such_column", { column: about.column });
  const values = Object.entries(about).map(([key, value]) => [key, said(key, value)]);
  return t(`problem.${problem}`, Object.fromEntries(values));
}

/** The same, or that nobody answers: the service did not say anything then. */
export const failureText = (error) => problemText(error) || t("error.unreachable.title");

/** A fault of the line or of load: the same request may be taken later. */
export const isPassing = ({ status }) => !status || [408, 429].includes(status) || status >= 500;

export const problemWords = (error) => words(failureText(error));
