// People of an approved campaign: whom, by which channel, when and about what. All of them as CSV.

import { call, everyRow } from "../api.js";
import { csvButton } from "../csv.js";
import { h, name } from "../dom.js";
import { code, day, likelihood, money, number, t } from "../i18n.js";
import { failureText } from "../problems.js";
import { address, viewsFor } from "../route.js";
import { empty } from "../states.js";
import { storeName } from "../suggestions.js";
import { dataTable } from "../table.js";

const SHOWN = 500;
const SHOWN_FIRST = 25;
const MOST = 10_000;
const CSV_COLUMNS = ["campaign_id", "customer_id", "group", "state", "channel", "day", "hour", "store_id", "product_id", "product_name", "probability", "expected_value", "segment"];

const hour = (value) => `${String(value).padStart(2, "0")}:00`;

function columns(names, role) {
  const mayLook = viewsFor(role).includes("person");
  return [
    { key: "customer_id", label: t("column.customer"), align: "customer", value: (row) => row.customer_id, cell: (row) => (mayLook ? h("a", { href: address("person", { customer: row.customer_id }) }, name(row.customer_id)) : name(row.customer_id)) },
    { key: "group", label: t("column.group"), hint: t("column_help.group"), value: (row) => row.group, cell: (row) => h("span", { class: `badge ${row.group}` }, code("group", row.group)) },
    { key: "channel", label: t("column.channel"), value: (row) => row.channel, cell: (row) => code("channel", row.channel) },
    { key: "day", label: t("column.send_on"), align: "date", value: (row) => `${row.day} ${hour(row.hour)}`, cell: (row) => `${day(row.day)} ${hour(row.hour)}` },
    { key: "product_id", label: t("column.product"), align: "goods", value: (row) => names[row.product_id] ?? row.product_id, cell: (row) => name(names[row.product_id] ?? row.product_id) },
    { key: "store_id", label: t("overview.shop"), value: (row) => (row.store_id ? storeName(row.store_id) : ""), cell: (row) => (row.store_id ? name(storeName(row.store_id)) : "") },
    { key: "probability", label: t("column.probability"), hint: t("column_help.probability"), align: "number", first: "descending", value: (row) => row.probability, cell: (row) => likelihood(row.probability) },
    { key: "expected_value", label: t("column.expected_value"), align: "number", first: "descending", value: (row) => row.expected_value, cell: (row) => money(row.expected_value) },
    { key: "state", label: t("stock.state"), value: (row) => row.state, cell: (row) => t(`contact_state.${row.state}`) },
  ];
}

/** Every person of the campaign, page by page. */
const everybody = (campaignId, group, signal) => everyRow("campaign_contacts", "contacts", { campaign_id: campaignId, ...(group ? { group } : {}) }, {
  limit: MOST, signal, row: (one, { names }) => ({ ...one, campaign_id: campaignId, product_name: names?.[one.product_id] ?? "" }),
});

export async function peopleOf(campaignId, { overview, signal }) {
  const answer = await call("campaign_contacts", { campaign_id: campaignId, limit: SHOWN }, { signal });
  if (!answer.total) return empty(t("campaign.nobody"));
  const problem = h("p", { class: "form-problem", role: "alert" });
  const save = (group, label) => csvButton(`campaign-${campaignId}${group ? `-${group}` : ""}.csv`, CSV_COLUMNS, () => everybody(campaignId, group, signal), (error) => { problem.textContent = failureText(error); }, { label, action: group ? "csv-contacts" : "csv" });
  const table = dataTable({ columns: columns(answer.names, overview?.role), rows: answer.contacts, caption: t("campaign.people_of"), rowClass: (row) => row.group, page: SHOWN_FIRST });
  return [
    h("div", { class: "toolbar" }, h("p", { class: "hint" }, answer.total > answer.contacts.length ? t("campaign.people_shown", { shown: answer.contacts.length, total: answer.total }) : t("campaign.people_all", { total: answer.total })),
      h("div", { class: "toolbar-end buttons" }, save("contact", "audience.csv_contacts"), save(null, "audience.csv_all"))),
    problem,
    table.element,
    h("p", { class: "hint" }, t("campaign.holdout_note", { share: number(answer.contacts.filter((row) => row.group === "holdout").length) })),
  ];
}
