// Related products: substitutes and complements of a product, complements of a basket.

import { call } from "./api.js";
import { h, name, words } from "./dom.js";
import { t } from "./i18n.js";
import { address } from "./route.js";
import { nameOf, reasonOf } from "./suggestions.js";

const SHOWN = 6;

function list(rows, names, link) {
  if (!rows.length) return h("p", { class: "hint" }, t("together.none"));
  return h("ol", { class: "together" }, rows.map((row) => h("li", {}, h("a", { href: link(row) }, name(nameOf(row, names))), reasonOf(row) ? h("span", { class: "hint" }, " ", words(reasonOf(row))) : null)));
}

/** Substitutes and complements of a product, each a link to its forecast. */
export async function substitutesAndComplements({ product, store }, signal) {
  const where = store ? { store_id: store.id } : {};
  const [substitutes, complements] = await Promise.all([
    call("similar", { product_id: product.id, k: SHOWN, ...where }, { signal }),
    call("complete_basket", { product_ids: [product.id], k: SHOWN, ...where }, { signal }),
  ]);
  const link = (row) => address("forecast", { product: row.product_id, store: store?.id });
  const part = (title, answer, rows) => h("div", {}, h("h3", {}, title), answer.basis === "cold" ? h("p", { class: "hint" }, t("together.cold")) : null, list(rows, answer.names, link));
  return h("div", { class: "pair" }, part(t("together.instead"), substitutes, substitutes.similar ?? []), part(t("together.along"), complements, complements.goods ?? []));
}

/** Complements of the basket; `onadd(item)` adds one to it. */
export async function complementsOfBasket({ basket, store, onadd }, signal) {
  if (!basket.length) return null;
  const answer = await call("complete_basket", { product_ids: basket.map((one) => one.id), k: SHOWN, ...(store ? { store_id: store.id } : {}) }, { signal });
  const goods = answer.goods ?? [];
  if (!goods.length || answer.basis === "cold") return null;
  const chip = (row) => h("li", {}, h("button", { type: "button", title: reasonOf(row), onclick: () => onadd({ id: row.product_id, name: nameOf(row, answer.names) }) }, "+ ", name(nameOf(row, answer.names))));
  return h("div", { class: "completes" }, h("h3", {}, t("together.bag")), h("ul", { class: "chips" }, goods.map(chip)));
}
