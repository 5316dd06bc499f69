// Segments: people by what they are and did. Written, counted, saved with versions, looked back at and removed.

import { call, everyRow } from "../api.js";
import { csvButton } from "../csv.js";
import { h, icon, name, replace, words } from "../dom.js";
import { draftOf, keepDraft } from "../drafts.js";
import { askedButton, field } from "../fields.js";
import { code, moment, number, t } from "../i18n.js";
import { failureText, problemWords } from "../problems.js";
import { address, viewsFor } from "../route.js";
import { segmentEditor } from "../segment_editor.js";
import { empty, fill, opening } from "../states.js";
import { dataTable } from "../table.js";

const LISTED = 100;
const MOST = 10_000;
const kindBadge = (row) => h("span", { class: "badge" }, t(row.is_static ? "segment.static" : "segment.living"));
const openSegment = (which) => { location.hash = address("segments", { name: which }); };

function columns() {
  return [
    { key: "name", label: t("segment.name"), align: "product", value: (row) => row.name, cell: (row) => h("a", { href: address("segments", { name: row.name }) }, name(row.name, { class: "strong" })) },
    { key: "people", label: t("segment.people_saved"), align: "number", first: "descending", value: (row) => row.people, cell: (row) => number(row.people) },
    { key: "kind", label: t("segment.kind"), value: (row) => t(row.is_static ? "segment.static" : "segment.living"), cell: kindBadge },
    { key: "text", label: t("segment.expression"), align: "reason", sortable: false, value: (row) => row.text, cell: (row) => h("code", { class: "reason-text", title: row.text }, row.text) },
    { key: "owner", label: t("segment.owner"), value: (row) => row.owner, cell: (row) => name(row.owner) },
    { key: "saved_at", label: t("segment.saved_at"), align: "date", first: "descending", value: (row) => row.saved_at, cell: (row) => moment(row.saved_at) },
  ];
}

function list(answer) {
  const fresh = answer.may_write ? h("a", { class: "button", dataset: { action: "new" }, href: address("segments", { new: "1" }) }, icon("segments"), t("segment.new")) : null;
  if (!answer.segments.length) return [h("div", { class: "toolbar" }, fresh), empty(t("segment.none"), t("segment.none_hint"))];
  return [h("div", { class: "toolbar" }, fresh), dataTable({ columns: columns(), rows: answer.segments, caption: t("nav.segments") }).element];
}

/** Earlier versions, each with a way back to its text. */
async function versions(which, editor, signal) {
  const answer = await call("segments", { action: "history", name: which }, { signal });
  return h("ul", { class: "versions" }, answer.segments.map((row) => h("li", {},
    h("p", {}, h("strong", {}, t("overview.version", { version: row.version })), " · ", name(row.saved_by), " · ", moment(row.saved_at), " · ", row.is_removed ? t("segment.was_removed") : t("segment.people_count", { count: row.people }), " ", kindBadge(row)),
    h("p", {}, h("code", {}, row.text)), row.note ? h("p", { class: "hint" }, words(row.note)) : null,
    h("button", { type: "button", class: "ghost", onclick: () => { editor.set(row.text); editor.count(); } }, t("segment.use_version")))));
}

async function people(which, signal) {
  const answer = await call("segments", { action: "members", name: which, limit: LISTED }, { signal });
  if (!answer.members.length) return empty(t("segment.nobody"));
  const all = async () => (await everyRow("segments", "members", { action: "members", name: which }, { limit: MOST, signal })).flatMap((row) => (row.customer_ids.length ? row.customer_ids : [""]).map((customer) => ({ person_id: row.person_id, customer_id: customer, granted_channels: row.granted_channels ?? [] })));
  const problem = h("p", { class: "form-problem", role: "alert" });
  const save = csvButton(`segment-${which}.csv`, ["person_id", "customer_id", "granted_channels"], all, (error) => { problem.textContent = failureText(error); });
  return [
    h("div", { class: "toolbar" }, h("p", { class: "hint" }, t("table.shown", { shown: answer.members.length, total: answer.total })), save), problem,
    h("ul", { class: "members" }, answer.members.map((row) => h("li", {}, row.customer_ids.length ? row.customer_ids.map((id) => h("a", { href: address("person", { customer: id }) }, name(id))) : h("span", { class: "hint" }, t("segment.no_account")), h("span", { class: "hint" }, (row.granted_channels ?? []).map((one) => code("channel", one)).join(t("word.list")))))),
  ];
}

/** Two people changed it: both texts, and which one counts. */
function conflict(theirs, mine, take, keep) {
  const side = (title, text, button) => h("section", {}, h("h3", {}, title), h("p", {}, h("code", {}, text)), button);
  return h("div", { class: "conflict", role: "alert" }, h("p", { class: "strong" }, t("conflict.title")),
    h("div", { class: "pair" },
      side(theirs.changed_by ? t("conflict.theirs", { who: theirs.changed_by, when: moment(theirs.changed_at) }) : t("conflict.gone"), theirs.text ?? "", theirs.text ? h("button", { type: "button", dataset: { action: "take-theirs" }, onclick: take }, t("conflict.take")) : null),
      side(t("conflict.mine"), mine, h("button", { type: "button", dataset: { action: "keep-mine" }, onclick: keep }, t("conflict.keep")))));
}

function editing(segment, mayWrite, start, signal) {
  const message = h("div", { role: "status" });
  const place = `segment ${segment?.name ?? ""} ${start}`;
  // what was typed into an older version is a change to that one: the service says where it does not fit any more
  let seen = { name: segment?.name, version: draftOf(place)?.more?.version ?? segment?.version ?? 0 };
  const save = h("button", { type: "submit", class: "primary", disabled: true, title: t("segment.count_first") }, t("segment.save"));
  const editor = segmentEditor({ text: segment?.text ?? start, signal, oncount: (isCounted) => { save.disabled = !isCounted || !mayWrite; } });
  const title = h("input", { name: "name", required: true, maxlength: "100", value: segment?.name ?? "", autocomplete: "off" });
  const note = h("input", { name: "note", maxlength: "300", value: segment?.note ?? "", autocomplete: "off" });
  const kept = (value, label, hint) => h("label", { class: "option" }, h("input", { type: "radio", name: "kept", value, checked: Boolean(segment?.is_static) === (value === "static") }), h("span", {}, h("strong", {}, label), h("span", { class: "hint" }, hint)));
  const show = (which) => { if (which === segment?.name) dispatchEvent(new HashChangeEvent("hashchange")); else openSegment(which); };
  const store = async () => {
    const given = title.value.trim();
    const body = { action: "save", name: given, expression: editor.text(), is_static: form.elements.kept.value === "static", note: note.value.trim(), version: given === seen.name ? seen.version : 0 };
    try {
      await draft.send(() => call("segments", body));
      if (!signal.aborted) show(given);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status !== 409) { replace(message, h("p", { class: "form-problem", role: "alert" }, problemWords(error))); return; }
      const history = (await call("segments", { action: "history", name: given }, { signal })).segments;
      const text = history.find((row) => row.version === error.details.theirs.version)?.text;
      const keep = () => { seen = { name: given, version: error.details.version }; replace(message); store(); };
      replace(message, conflict({ ...error.details.theirs, text }, editor.text(), () => show(given), keep));
    }
  };
  const form = h("form", { class: "panel", onsubmit: (event) => { event.preventDefault(); store(); } },
    h("div", { class: "pickers" }, field(t("segment.name"), title), h("label", { class: "field wide" }, h("span", {}, t("segment.note")), note)),
    editor.element,
    h("fieldset", { class: "options" }, h("legend", {}, t("segment.kind")), kept("living", t("segment.living"), t("segment.living_hint")), kept("static", t("segment.static"), t("segment.static_hint"))),
    message, mayWrite ? h("p", { class: "buttons" }, save) : h("p", { class: "hint" }, t("segment.read_only")));
  // a press on "Send again" does not wait for the count, which said before that the text is one
  const draft = keepDraft(form, place, { more: () => ({ version: seen.version }), of: segment ? ["unsent.segment", { name: segment.name }] : ["unsent.segment_new", {}], again: () => store() });
  form.prepend(draft.notice);
  if (segment || (draft.isKept && editor.text())) editor.count();
  return { form, editor };
}

function removal(which, signal) {
  const message = h("span", { class: "form-problem", role: "alert" });
  const sure = async () => {
    try {
      await call("segments", { action: "remove", name: which }, { signal });
      location.hash = address("segments");
    } catch (error) {
      if (!signal.aborted) replace(message, problemWords(error));
    }
  };
  return [askedButton(t("segment.remove"), t("segment.remove_sure", { name: which }), sure, { action: "remove" }), message];
}

async function one(root, which, { params, overview, signal }) {
  const mayCampaign = viewsFor(overview?.role).includes("campaigns");
  const answer = await call("segments", {}, { signal });
  const segment = answer.segments.find((row) => row.name === which) ?? null;
  if (which && !segment) {
    replace(root, h("h1", {}, t("nav.segments")), empty(t("segment.unknown", { name: which }), t("segment.unknown_hint")), h("p", { class: "buttons" }, h("a", { class: "button", href: address("segments") }, t("segment.all")), answer.may_write ? h("a", { class: "button", href: address("segments", { new: "1" }) }, t("segment.new")) : null));
    return;
  }
  const { form, editor } = editing(segment, answer.may_write, params.get("expression") ?? "", signal);
  replace(root,
    h("p", { class: "back" }, h("a", { href: address("segments") }, t("segment.all"))), h("h1", {}, which ? name(which) : t("segment.new")),
    segment ? h("p", { class: "intro" }, t("segment.saved_by", { version: segment.version, who: segment.saved_by, when: moment(segment.saved_at) })) : null,
    h("div", { class: "segment-columns" }, h("div", {}, form), editor.help),
    segment ? h("div", { class: "toolbar" }, h("div", { class: "buttons" }, answer.may_write && mayCampaign ? h("a", { class: "button", dataset: { action: "campaign" }, href: address("campaigns", { new: "segment", segment: which }) }, icon("campaigns"), t("segment.campaign")) : null), answer.may_write ? removal(which, signal) : null) : null,
    segment ? opening("people", t("segment.show_people"), () => people(which, signal), signal) : null,
    segment ? opening("history", t("segment.history"), () => versions(which, editor, signal), signal) : null);
}

export async function segmentsView(root, context) {
  const { params, signal } = context;
  if (params.get("name") || params.get("new")) return one(root, params.get("name"), context);
  const place = h("div", { class: "result" });
  replace(root, h("h1", {}, t("nav.segments")), h("p", { class: "intro" }, t("segment.intro")), place);
  return fill(place, signal, async () => list(await call("segments", {}, { signal })), { lines: 6 });
}
