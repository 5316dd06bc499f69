// Search box for stores, products and customers by the service's /search: an ARIA combobox, usable by keyboard alone.

import { search } from "./api.js";
import { debounce, h, icon, name, replace, uniqueId } from "./dom.js";
import { t } from "./i18n.js";
import { failureText } from "./problems.js";

const LIMIT = 12;

function option(item, id, pick) {
  const label = item.name || item.id;
  return h(
    "li",
    { id, role: "option", "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); pick(item); } },
    name(label, { class: "option-name" }),
    h("span", { class: "option-detail" }, label === item.id ? null : name(item.id), item.detail ? [" ", name(item.detail)] : null),
  );
}

/**
 * A labelled box.
 * @param {object} options label, kind, storeId() to narrow by store, chosen item, onpick(item), keep: false empties the box after a pick.
 */
export function typeahead({ label, kind, chosen = null, storeId = () => null, onpick, keep = true, placeholder }) {
  const listId = uniqueId("list");
  const input = h("input", {
    id: uniqueId("box"), type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": listId, placeholder: placeholder ?? t("search.placeholder"),
  });
  const list = h("ul", { id: listId, role: "listbox", "aria-label": label, hidden: true });
  const box = h("div", { class: "typeahead" }, h("label", { for: input.id }, label), h("div", { class: "typeahead-field" }, icon("search"), input), list);
  let items = [];
  let active = -1;
  let current = chosen;
  let asking = null;
  // Keys that come before the answer they are meant for wait for it: fast typists would lose them.
  let isWaiting = false;
  let earlyMoves = 0;
  let earlyEnter = false;

  const show = (item) => { input.value = item ? item.name || item.id : ""; };
  const wait = () => {
    isWaiting = true;
    earlyMoves = 0;
    earlyEnter = false;
  };
  const close = () => {
    isWaiting = false;
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const pick = (item) => {
    asking?.abort();
    current = keep ? item : null;
    show(current);
    close();
    onpick(item);
  };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((element, at) => element.setAttribute("aria-selected", String(at === index)));
    const element = list.children[index];
    if (!element?.id) return;
    input.setAttribute("aria-activedescendant", element.id);
    element.scrollIntoView({ block: "nearest" });
  };
  const move = (steps) => {
    if (!items.length) return;
    const index = (steps < 0 ? Math.max(active, 0) : active) + steps;
    mark(((index % items.length) + items.length) % items.length);
  };
  const note = (text) => replace(list, h("li", { class: "note", "aria-disabled": "true" }, text));
  const ask = async (query) => {
    asking?.abort();
    asking = new AbortController();
    if (!isWaiting) wait();
    const { signal } = asking;
    try {
      const answer = await search(kind, query, { storeId: storeId(), limit: LIMIT, signal });
      if (signal.aborted || document.activeElement !== input) return;
      items = answer;
      if (items.length) replace(list, items.map((item, index) => option(item, `${listId}-${index}`, pick)));
      else note(t("search.nothing"));
    } catch (error) {
      if (signal.aborted) return;
      items = [];
      note(failureText(error));
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    isWaiting = false;
    active = -1;
    if (query && items.length) mark(0);
    if (earlyMoves) move(earlyMoves);
    if (earlyEnter && items[active]) pick(items[active]);
  };
  const askSoon = debounce((query) => { if (isWaiting) ask(query); }, 160);

  input.addEventListener("input", () => { asking?.abort(); wait(); askSoon(input.value.trim()); });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => { if (list.hidden && !isWaiting) ask(""); });
  input.addEventListener("blur", () => { asking?.abort(); close(); show(current); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const { key } = event;
    const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
    if (key === "Escape") { asking?.abort(); close(); show(current); }
    else if (isWaiting && step) earlyMoves += step;
    else if (isWaiting && key === "Enter") earlyEnter = true;
    else if (key === "ArrowDown" && list.hidden) ask("");
    else if (step && items.length) move(step);
    else if (key === "Enter" && !list.hidden && items[active]) pick(items[active]);
    else return;
    event.preventDefault();
  });
  show(current);
  return { element: box, input, set: (item) => { current = item; show(item); } };
}

/** Picker of several products: chips with a cross, and a search box to add more. */
export function multiPicker({ label, kind, chosen = [], storeId, onchange, placeholder }) {
  let picked = [...chosen];
  const chips = h("ul", { class: "chips" });
  const draw = () => {
    replace(chips, picked.map((item) => h(
      "li",
      { class: "chip" },
      name(item.name || item.id),
      h("button", {
        type: "button", "aria-label": t("action.remove", { name: item.name || item.id }),
        onclick: () => { picked = picked.filter((other) => other.id !== item.id); draw(); onchange(picked); },
      }, icon("close")),
    )));
  };
  const box = typeahead({
    label, kind, storeId, keep: false, placeholder,
    onpick: (item) => {
      if (picked.some((other) => other.id === item.id)) return;
      picked = [...picked, item];
      draw();
      onchange(picked);
    },
  });
  draw();
  box.element.append(chips);
  return { element: box.element, input: box.input, picked: () => picked };
}
