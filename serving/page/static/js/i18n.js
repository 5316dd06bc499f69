// Internationalization: texts, plurals, numbers, money and dates in the chosen language.

const LANGUAGES = ["zh", "en"];
const LOCALES = { zh: "zh-CN", en: "en-GB" };
const STORED = "retail-brain.language";

let language = "zh";
let texts = {};
let currency = { name: "¥", sign: "¥", digits: 2 };
let plurals = new Intl.PluralRules("zh-CN");

export const languages = () => LANGUAGES;
export const currentLanguage = () => language;
export const locale = () => LOCALES[language];

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

/** The language asked for in the address, else the remembered one, else the browser's. */
export function chosenLanguage(fromHash) {
  const asked = [fromHash, new URLSearchParams(location.search).get("lang"), stored()];
  const chosen = asked.find((value) => LANGUAGES.includes(value));
  if (chosen) return chosen;
  return (navigator.languages ?? [navigator.language]).some((tag) => tag.toLowerCase().startsWith("zh")) ? "zh" : "en";
}

export async function loadLanguage(wanted) {
  const response = await fetch(new URL(`../i18n/${wanted}.json`, import.meta.url));
  if (!response.ok) throw new Error(`i18n/${wanted}.json: ${response.status}`);
  texts = await response.json();
  language = wanted;
  plurals = new Intl.PluralRules(locale());
  document.documentElement.lang = locale();
  try {
    localStorage.setItem(STORED, wanted);
  } catch {
    // A browser that keeps nothing still shows the page.
  }
}

export const has = (key) => Object.hasOwn(texts, key);

/** The text of a key; `{x}` is replaced by values.x, `{x|one|many}` by a word chosen by the number values.x. */
export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, field, one, many) => {
    if (!(field in values)) return whole;
    const value = values[field];
    if (one === undefined) return typeof value === "number" ? number(value) : String(value);
    return plurals.select(Number(value)) === "one" ? one : many;
  });
}

/** The text of a key made of data (a code), or the code itself where the page knows no word for it. */
export function code(prefix, value) {
  if (value === null || value === undefined || value === "") return "";
  const key = `${prefix}.${value}`;
  return has(key) ? t(key) : String(value).replaceAll("_", " ");
}

/** How the service writes money: a sign, and digits after the point (yen have none, dinars three). */
export function setCurrency({ currency: name, currency_sign: sign, currency_digits: digits }) {
  currency = { name, sign: sign ?? name ?? "", digits: digits ?? 2 };
}

export const currencySign = () => currency.sign.trim();
/** Whether the unit of a fact is money. */
export const isMoney = (unit) => unit === currency.name;
export const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
export const DASH = "–";

/** A number as the language writes it, with the minus of money: a hyphen is too short beside a plus, and may end a line. */
const written = (value, options) => new Intl.NumberFormat(locale(), options).format(value).replace("-", "−");

export function number(value, digits = 0) {
  if (!isNumber(value)) return DASH;
  return written(value, { maximumFractionDigits: digits });
}

/** Units: whole where they are whole, one digit where they are not. */
export function units(value) {
  if (!isNumber(value)) return DASH;
  return number(value, Math.abs(value) < 1 && value !== 0 ? 2 : Math.abs(value) < 100 ? 1 : 0);
}

export function signed(value, digits = 1) {
  if (!isNumber(value)) return DASH;
  return written(value, { maximumFractionDigits: digits, signDisplay: "exceptZero" });
}

/** A share with its sign and one digit, alike in every line of a column. */
export function signedPercent(value) {
  if (!isNumber(value)) return DASH;
  return written(value, { style: "percent", maximumFractionDigits: 1, minimumFractionDigits: 1, signDisplay: "exceptZero" });
}

export function money(value, digits) {
  if (!isNumber(value)) return DASH;
  const places = digits ?? (Math.abs(value) >= 1000 ? 0 : currency.digits);
  const amount = new Intl.NumberFormat(locale(), { maximumFractionDigits: places, minimumFractionDigits: places }).format(Math.abs(value));
  return `${value < 0 && /[1-9]/.test(amount) ? "−" : ""}${currency.sign}${amount}`;
}

/** A price or a limit, with the digits of the currency however large it is. */
export const priceText = (value) => money(value, currency.digits);

/** Money of unknown cost is said to be so, and why; what comes from the price is about so much. */
export const costText = (value, basis, digits) => (isNumber(value) ? `${basis === "price" && value ? "≈ " : ""}${money(value, digits)}` : t("line.unknown"));
export const costHint = (value, basis) => (isNumber(value) ? (basis === "price" && value ? t("cost.estimated") : null) : t("cost.unknown"));

/** Which lines a sum of costs knows nothing of, and how many it takes from the price. */
export function costNote(totals, column) {
  const unknown = totals.unknown?.[column] ?? 0;
  const estimated = totals.is_cost_estimated ?? 0;
  return [unknown ? t("cost.unknown_lines", { count: unknown }) : null, estimated ? t("cost.estimated_lines", { count: estimated }) : null].filter(Boolean).join(t("word.list")) || null;
}

/** A probability, never rounded up to certainty nor down to impossibility. */
export function likelihood(value) {
  if (isNumber(value) && value < 1 && value > 0.99) return `>${percent(0.99)}`;
  return isNumber(value) && value > 0 && value < 0.0005 ? `<${percent(0.0005, 2)}` : percent(value);
}

export function percent(value, digits) {
  if (!isNumber(value)) return DASH;
  const places = digits ?? (Math.abs(value) < 0.1 ? 1 : 0);
  return written(value, { style: "percent", maximumFractionDigits: places, minimumFractionDigits: value === 0 ? 0 : places });
}

const DAY_MS = 86_400_000;
const DAY_FORMATS = {
  short: { month: "short", day: "numeric" },
  medium: { month: "short", day: "numeric", weekday: "short" },
  long: { year: "numeric", month: "short", day: "numeric" },
  full: { year: "numeric", month: "short", day: "numeric", weekday: "short" },
  weekday: { weekday: "short" },
};

/** Milliseconds of a business day (YYYY-MM-DD), which has no zone. */
export function dayTime(text) {
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(text ?? "");
  return match ? Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) : NaN;
}

export const dayText = (time) => new Date(time).toISOString().slice(0, 10);
export const addDays = (text, days) => dayText(dayTime(text) + days * DAY_MS);
export const daysBetween = (from, until) => Math.round((dayTime(until) - dayTime(from)) / DAY_MS);

export function day(text, style = "medium") {
  const time = typeof text === "number" ? text : dayTime(text);
  if (Number.isNaN(time)) return text ? String(text) : DASH;
  return new Intl.DateTimeFormat(locale(), { ...DAY_FORMATS[style], timeZone: "UTC" }).format(time);
}

/** "in 3 days", "2 days ago", seen from a day of the data. */
export function relativeDay(text, from) {
  const days = daysBetween(from, text);
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(days, "day");
}

export function moment(text) {
  const time = Date.parse(text ?? "");
  if (Number.isNaN(time)) return text ? String(text) : DASH;
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(time);
}

export const collator = () => new Intl.Collator(locale(), { numeric: true, sensitivity: "base" });
