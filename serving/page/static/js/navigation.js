// The main menu: views of every day in the bar, the others behind "More".

import { h, icon, isPhone } from "./dom.js";
import { t } from "./i18n.js";
import { address, IN_BAR, viewsFor } from "./route.js";

const link = (one, view) => h("a", { href: address(one), "aria-current": one === view ? "page" : null, dataset: { view: one } }, icon(one), h("span", {}, t(`nav.${one}`)));

/** What is behind "More"; Escape or a press elsewhere closes it. */
function further(views, view) {
  const menu = h("details", { class: `more${views.includes(view) ? " now" : ""}` }, h("summary", {}, icon("more"), h("span", {}, t("nav.more"))), h("div", { class: "more-views" }, views.map((one) => link(one, view))));
  menu.addEventListener("keydown", (event) => { if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); } });
  menu.addEventListener("focusout", (event) => { if (!menu.contains(event.relatedTarget)) menu.open = false; });
  return menu;
}

export function navigation(view, role) {
  const views = viewsFor(role);
  // seven English names run into each other at 390 px
  const most = isPhone() ? IN_BAR - 1 : IN_BAR;
  const inBar = views.length > most + 1 ? most : views.length;
  const rest = views.slice(inBar);
  return h("nav", { "aria-label": t("nav.label") }, views.slice(0, inBar).map((one) => link(one, view)), rest.length ? further(rest, view) : null);
}
