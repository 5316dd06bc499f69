// Funnel: people by stage of their life as customers, month by month, and how they moved in the last one.

import { lookUp, workedOut } from "../api.js";
import { csvButton } from "../csv.js";
import { h, replace, scrollBox } from "../dom.js";
import { code, day, number, signed, t } from "../i18n.js";
import { lines } from "../plots.js";
import { address } from "../route.js";
import { empty, fill } from "../states.js";
import { typeahead } from "../typeahead.js";

const STAGES = ["stranger", "visitor", "friend", "old_friend", "sleeping", "lost"];
const COLOURS = ["c0", "c5", "c1", "c3", "c2", "c6"];
const MONTHS = [3, 6, 12];

const sum = (rows) => rows.reduce((total, row) => total + row.people, 0);

function picture(answer) {
  const at = (stage, month) => sum(answer.moves.filter((row) => row.to_stage === stage && row.month_end === month));
  const series = STAGES.map((stage, index) => ({ name: code("stage", stage), colour: COLOURS[index], points: answer.months.map((month) => ({ x: month, value: at(stage, month) })) }));
  const [last, before] = [answer.months.at(-1), answer.months.at(-2)];
  const figure = (stage) => h("div", { class: "figure" }, h("dt", {}, code("stage", stage)), h("dd", {}, number(at(stage, last))), before ? h("dd", { class: "hint" }, signed(at(stage, last) - at(stage, before), 0)) : null);
  return h("section", { class: "panel" }, h("h2", {}, t("funnel.stages", { day: day(last, "long") })), h("dl", { class: "figures" }, STAGES.map(figure)), lines(series, { places: answer.months, format: (value) => number(value), summary: t("funnel.summary"), from: 0 }));
}

/** From whom to whom in the last month: rows are where people were, columns where they are. */
function moves(answer) {
  const last = answer.months.at(-1);
  const of = answer.moves.filter((row) => row.month_end === last);
  const people = (from, to) => sum(of.filter((row) => row.from_stage === from && row.to_stage === to));
  const from = [...STAGES, "not_known"];
  const most = Math.max(...from.flatMap((one) => STAGES.filter((to) => to !== one).map((to) => people(one, to))), 1);
  const cell = (one, to) => {
    const count = people(one, to);
    const strength = one === to || !count ? 0 : Math.max(count / most, 0.08);
    const better = STAGES.indexOf(to) < 4 && (STAGES.indexOf(one) >= 4 || STAGES.indexOf(to) > STAGES.indexOf(one));
    return h("td", { class: `number move ${strength ? (better ? "better" : "worse") : "stay"}`, style: { "--strength": String(strength) } }, count ? number(count) : "");
  };
  return h("section", { class: "panel" }, h("div", { class: "panel-head" }, h("h2", {}, t("funnel.moves", { day: day(last, "long") })), csvButton("funnel.csv", ["month_end", "from_stage", "to_stage", "people"], answer.moves)), h("p", { class: "hint" }, t("funnel.moves_hint")),
    scrollBox(t("funnel.moves_hint"), h("table", { class: "data compact moves" }, h("caption", { class: "visually-hidden" }, t("funnel.moves", { day: day(last, "long") })),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("funnel.from")), STAGES.map((to) => h("th", { scope: "col", class: "number" }, code("stage", to))))),
      h("tbody", {}, from.map((one) => h("tr", {}, h("th", { scope: "row" }, code("stage", one)), STAGES.map((to) => cell(one, to))))))));
}

export async function funnelView(root, { params, signal }) {
  const months = MONTHS.includes(Number(params.get("months"))) ? Number(params.get("months")) : 6;
  const store = params.get("store") ? await lookUp("store", params.get("store"), { signal }) : null;
  const place = h("div", { class: "result" });
  const go = (changes) => { location.hash = address("funnel", { months, store: store?.id, ...changes }); };
  const box = typeahead({ label: t("pick.store_optional"), kind: "store", chosen: store, placeholder: t("pick.any_store"), onpick: (item) => go({ store: item.id }) });
  const span = h("label", { class: "field narrow" }, h("span", {}, t("funnel.months")), h("select", { name: "months", onchange: (event) => go({ months: event.target.value }) }, MONTHS.map((one) => h("option", { value: one, selected: one === months }, t("span.month", { count: one })))));
  replace(root, h("h1", {}, t("nav.funnel")), h("p", { class: "intro" }, t("funnel.intro")), h("form", { class: "pickers", onsubmit: (event) => event.preventDefault() }, box.element, span, store ? h("button", { type: "button", onclick: () => go({ store: null }) }, t("stock.all_shops")) : null), place);
  await fill(place, signal, async () => {
    const answer = await workedOut("funnel", { months, ...(store ? { store_id: store.id } : {}) }, { signal });
    return answer.moves.length ? [picture(answer), moves(answer)] : empty(t("funnel.none"));
  }, { lines: 8, slow: "state.worked_out" });
}
