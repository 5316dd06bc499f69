// Entry point: loads language and key, draws the frame, and shows the view that the address names.

import { ApiError, call, hasKey, setKey, takeKey } from "./api.js";
import { h, icon, onEscape, replace } from "./dom.js";
import { chosenLanguage, code, currentLanguage, day, languages, loadLanguage, setCurrency, t } from "./i18n.js";
import { askKey } from "./key.js";
import { forgetKept, forgetLastCustomer, keep, kept } from "./kept.js";
import { navigation } from "./navigation.js";
import { unsentHere } from "./outbox.js";
import { knowRights, placeKind } from "./rights.js";
import { address, followMoved, followOpened, forgetLastUsed, mayOpen, patchParams, readRoute, rolesWith, strangeView, viewsFor } from "./route.js";
import { empty, failed, loading, succeeded } from "./states.js";
import { knowStores } from "./suggestions.js";
import { typedCount, unsentBar } from "./unsent.js";

/** The file of each view and its function. Views come with their first use; what they need is asked for at once. */
const FILES = { overview: ["overview", "overviewView"], marketing: ["marketing", "marketingView"], orders: ["orders", "ordersView"], forecast: ["forecast", "forecastView"], stock: ["stock", "stockView"], campaigns: ["campaigns", "campaignsView"], audience: ["audience", "audienceView"], segments: ["segments", "segmentsView"], person: ["person", "personView"], guide: ["guide", "guideView"], rules: ["rules", "rulesView"], funnel: ["funnel", "funnelView"], assets: ["assets", "assetsView"], anomalies: ["anomalies", "anomaliesView"], models: ["versions", "versionsView"], quarantine: ["quarantine", "quarantineView"], jobs: ["jobs", "jobsView"], calendar: ["calendar", "calendarView"] };
const LANDING_OF = { marketer: "marketing" };
/** Who has a day to go on with waits this long for a bad line. */
const WAIT_WITH_KEPT_MS = 10_000;

/** The script of a view. Raises ApiError where the line is down. */
async function script(view, role) {
  const [file, its] = FILES[view === "overview" ? (LANDING_OF[role] ?? view) : view];
  ahead(`js/views/${file}.js`);
  try {
    return (await import(`./views/${file}.js`))[its];
  } catch (error) {
    if (error instanceof TypeError) throw new ApiError(0, "unreachable", "", {});
    throw error;
  }
}

const askedAhead = new Set();

/** Asks for all scripts that one needs together: one after another they would each wait for the one before. */
function ahead(path) {
  if (askedAhead.has(path)) return;
  askedAhead.add(path);
  const needed = document.querySelector(`meta[name="needs:${path}"]`)?.content.split(" ") ?? [];
  document.head.append(...needed.filter(Boolean).map((one) => h("link", { rel: "modulepreload", href: new URL(`../${one}`, import.meta.url) })));
}

const app = document.getElementById("app");
let overview = null;
let leaving = new AbortController();

function languageSwitch() {
  const buttons = languages().map((one) => h("button", {
    type: "button", lang: one === "zh" ? "zh-CN" : "en", dataset: { language: one }, "aria-pressed": String(one === currentLanguage()),
    onclick: () => switchLanguage(one),
  }, one === "zh" ? "中文" : "English"));
  return h("div", { class: "language", role: "group", "aria-label": t("language.label") }, buttons);
}

function tool(image, label, onclick) {
  return h("button", { type: "button", class: "ghost", dataset: { tool: image }, "aria-label": t(label), title: t(label), onclick }, icon(image));
}

function header(view) {
  const asOf = overview?.as_of ? h("span", { class: "as-of", title: t("overview.as_of_hint") }, t("overview.as_of", { day: day(overview.as_of, "full") })) : null;
  return h(
    "header",
    { class: "top" },
    h("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); document.getElementById("main").focus(); } }, t("nav.skip")),
    h("a", { class: "brand", href: address("overview"), "aria-label": t("brand") }, h("img", { src: new URL("../icon.svg", import.meta.url), alt: "", width: "26", height: "26" }), h("span", {}, t("brand"))),
    // once the key is taken
    overview ? navigation(view, overview.role) : null,
    h("div", { class: "tools" }, asOf, languageSwitch(), hasKey() ? [tool("key", "key.enter", () => askKey(null, start)), tool("sign_out", "key.sign_out", askSignOut)] : null),
  );
}

function frame(view) {
  const main = h("main", { id: "main", tabindex: "-1", dataset: { view } });
  replace(app, header(view), unsentBar(), main);
  document.title = `${t(`nav.${view}`)} · ${t("brand")}`;
  return main;
}

/** A view that the key's role does not have: who has it, and a way back. */
function wall(view) {
  const roles = rolesWith(view).map((role) => t(`role.${role}`)).join(t("word.list"));
  const isGuide = placeKind() === "guide";
  const own = overview?.role && !isGuide ? t("wall.own", { role: code("role", overview.role) }) : null;
  return [h("h1", {}, t(`nav.${view}`)), h("div", { class: "empty", dataset: { wall: view } }, h("p", { class: "empty-title" }, isGuide ? t("wall.guide") : t("wall.roles", { roles })), h("p", {}, own, own ? t("sentence.space") : null, isGuide ? t("wall.guide_hint") : placeKind() === "headquarters" ? null : t("wall.place")), h("p", {}, h("a", { class: "button", href: address(viewsFor(overview?.role)[0]) }, t("wall.back", { view: t(`nav.${viewsFor(overview?.role)[0]}`) }))))];
}

function render({ focus = false } = {}) {
  leaving.abort();
  leaving = new AbortController();
  // its own signal: by the time a view that was left fails, `leaving` is that of the view after it
  const { signal } = leaving;
  // a guide lands on the people of the day
  if (readRoute().view === "overview" && placeKind() === "guide") history.replaceState(null, "", address("guide"));
  const strange = strangeView();
  if (strange) history.replaceState(null, "", address(placeKind() === "guide" ? "guide" : "overview"));
  const { view, params } = readRoute();
  const main = frame(view);
  if (focus) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
  if (!mayOpen(view, params, overview?.role)) {
    replace(main, wall(view));
    return;
  }
  replace(main, loading(6));
  script(view, overview?.role).then((draw) => {
    if (signal.aborted) return null;
    const drawn = draw(main, { params, overview, signal });
    if (strange) main.prepend(h("p", { class: "notice", role: "status" }, t("nav.strange", { name: strange, view: t(`nav.${view}`) })));
    return Promise.resolve(drawn).then(succeeded);
  }).catch((error) => {
    if (signal.aborted) return;
    if (!("status" in error)) console.error(error);
    replace(main, h("h1", {}, t(`nav.${view}`)), failed(error, () => render()));
  });
}

/** The address names the language that is shown wherever it named one, so that a reload and a link that is sent agree with the page. */
function addressSays(language) {
  if (readRoute().params.has("lang")) patchParams({ lang: language });
  const here = new URL(location.href);
  if (!here.searchParams.has("lang")) return;
  here.searchParams.set("lang", language);
  history.replaceState(null, "", here);
}

async function switchLanguage(language) {
  await loadLanguage(language);
  addressSays(language);
  if (hasKey()) render();
  else signIn();
  // the header was made anew: who pressed the button stays on it
  document.querySelector(`[data-language="${language}"]`)?.focus();
}

/** What stands in the frame while there is no key. */
function signIn() {
  const main = frame(readRoute().view);
  const unsent = unsentHere();
  replace(main, empty(t("key.none"), t("key.none_hint")), unsent ? h("p", { class: "empty" }, t("guide.unsent_here", { count: unsent })) : null, h("p", { class: "sign-in" }, h("button", { type: "button", class: "primary", onclick: () => askKey(null, start) }, t("key.enter"))));
}

/** What a guide's phone alone does with the files of the page; where its script does not come, the page needs a line. */
const offline = (what) => import("./offline.js").then((its) => its[what](), () => null);

/** Asks first where something was typed that goes with the key. */
function askSignOut() {
  const count = typedCount();
  if (!count) { signOut(); return; }
  const button = document.querySelector("[data-tool=sign_out]");
  const back = () => { box.remove(); button.focus(); };
  const sure = h("button", { type: "button", class: "primary", dataset: { action: "sign-out-sure" }, onclick: signOut }, t("key.sign_out"));
  const box = onEscape(h("p", { class: "notice warn buttons sign-out", role: "alert" }, t("key.sign_out_drops", { count }), " ", sure, h("button", { type: "button", onclick: back }, t("action.cancel"))), back);
  document.querySelector(".sign-out")?.remove();
  document.querySelector("header.top").after(box);
  sure.focus();
}

/** Forgets the key and what was looked at with it. The address goes too: it may name a customer. */
function signOut() {
  setKey(null);
  offline("forgetPage");
  forgetLastUsed();
  overview = null;
  history.replaceState(null, "", address("overview"));
  start();
}

/** Whether the key may load, train and publish where nothing is published yet: then jobs are all that there is to see. */
async function maySetUp(signal) {
  try {
    await call("jobs", { limit: 1, detail: false }, { signal });
  } catch {
    return false;
  }
  overview = { role: "set_up", stores: [], scopes: ["jobs:run"], place: null };
  knowRights(overview.scopes, null);
  if (readRoute().view !== "jobs") history.replaceState(null, "", address("jobs"));
  return true;
}

/** Asks whose key it is and how things stand, then shows the view; `focus` where it was navigated to. */
async function start({ focus = false } = {}) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  if (!hasKey()) {
    signIn();
    askKey(null, start);
    return;
  }
  const main = frame(readRoute().view);
  replace(main, loading(6));
  // its script comes while the service answers; whose landing it is only that answer tells
  if (readRoute().view !== "overview" || !LANDING_OF[overview?.role]) script(readRoute().view).catch(() => null);
  try {
    overview = await call("overview", {}, kept("overview") ? { timeout: WAIT_WITH_KEPT_MS } : {});
  } catch (error) {
    // a key that was taken back shows nothing more
    if (error.isAboutKey) [forgetKept, forgetLastCustomer].forEach((forget) => forget());
    // a guide's phone goes on with what this tab last saw while the line is down
    if (signal.aborted) return;
    if (error.code === "not_published" && (await maySetUp(signal))) {
      if (!signal.aborted) render({ focus });
      return;
    }
    if (signal.aborted) return;
    overview = error.status === 0 || error.status >= 500 ? (kept("overview")?.value ?? null) : null;
    if (!overview) {
      replace(main, h("h1", {}, t(`nav.${readRoute().view}`)), failed(error, start));
      if (error.isAboutKey) askKey(error, start);
      return;
    }
  }
  setCurrency(overview);
  knowRights(overview.scopes, overview.place);
  knowStores(overview.stores);
  // a guide's line may be gone when the next view is opened, or the page itself
  if (placeKind() === "guide") {
    keep("overview", overview);
    offline("keepPage");
    viewsFor(overview.role).forEach((view) => script(view).catch(() => null));
  }
  // another view may have been asked for meanwhile
  if (!signal.aborted) render({ focus });
}

addEventListener("hashchange", async (event) => {
  takeKey();
  followMoved();
  // the view stays as it is, with what was picked and typed in it
  if (overview && followOpened(event)) return;
  const wanted = readRoute().params.get("lang");
  if (languages().includes(wanted) && wanted !== currentLanguage()) await loadLanguage(wanted);
  // the landing tells how things stand now: what waits for a decision, and which models are in use
  if (overview && readRoute().view !== "overview") render({ focus: true });
  else start({ focus: true });
});
addEventListener("ask-key", (event) => askKey(event.detail, start));

takeKey();
followMoved();
await loadLanguage(chosenLanguage(readRoute().params.get("lang")));
await start();
