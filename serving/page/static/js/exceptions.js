// Exceptions over all stores, by the money at stake, each with its reason and a link to where one acts on it.

import { call } from "./api.js";
import { h, isPhone, name, words } from "./dom.js";
import { money, number, t, units } from "./i18n.js";
import { address } from "./route.js";
import { empty } from "./states.js";
import { actionAddress } from "./stock_lists.js";
import { nameOf, reasonOf, storeName } from "./suggestions.js";
import { dataTable } from "./table.js";

const SHOWN = 20;
const ON_PHONE = 5;

function columns() {
  return [
    { key: "money", label: t("exceptions.money"), hint: t("exceptions.money_hint"), align: "number emphasis", first: "descending", value: (row) => row.money, cell: (row) => money(row.money, 0) },
    { key: "kind", label: t("exceptions.kind"), value: (row) => t(`exception.${row.kind}`), cell: (row) => h("a", { href: actionAddress(row) }, h("span", { class: `badge flag exception-${row.kind}` }, t(`exception.${row.kind}`))) },
    { key: "store", label: t("overview.shop"), value: (row) => storeName(row.store_id), cell: (row) => [name(storeName(row.store_id)), row.other_store_id ? [" → ", name(storeName(row.other_store_id))] : null] },
    { key: "product", label: t("column.product"), align: "product", value: (row) => row.product_name, cell: (row) => h("a", { href: actionAddress(row) }, name(row.product_name, { class: "strong" })) },
    { key: "units", label: t("exceptions.units"), align: "number", first: "descending", value: (row) => row.units, cell: (row) => units(row.units) },
    { key: "reason", label: t("column.reason"), align: "reason", sortable: false, value: (row) => row.reason_text, cell: (row) => h("span", { class: "reason-text", title: row.reason_text }, words(row.reason_text)) },
  ];
}

/** The table of the twenty largest exceptions, and the number and money of each kind. */
export async function topExceptions(signal) {
  const answer = await call("attention", { limit: SHOWN }, { signal });
  const rows = (answer.attention ?? []).map((row) => ({ ...row, product_name: nameOf(row, answer.names), reason_text: reasonOf(row) }));
  if (!rows.length) return empty(t("overview.quiet"));
  const kinds = h("ul", { class: "kinds" }, (answer.kinds ?? []).toSorted((one, other) => (other.money ?? 0) - (one.money ?? 0)).map((kind) => h("li", {}, h("span", { class: `badge flag exception-${kind.kind}` }, t(`exception.${kind.kind}`)), number(kind.lines), h("span", { class: "hint" }, ` ${money(kind.money, 0)}`))));
  const table = dataTable({ columns: columns(), rows, caption: t("exceptions.title"), page: isPhone() ? ON_PHONE : SHOWN });
  const more = answer.total > rows.length ? h("p", { class: "hint" }, t("exceptions.more", { shown: rows.length, total: answer.total }), " ", h("a", { href: address("stock", { tab: "attention" }) }, t("exceptions.all"))) : null;
  return [kinds, table.element, more];
}
