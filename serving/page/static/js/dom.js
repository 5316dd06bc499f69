// Elements are made here and only here. Data becomes text nodes, never markup.

const SVG = "http://www.w3.org/2000/svg";

function append(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

function apply(element, props) {
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [name, v] of Object.entries(value)) element.style.setProperty(name, v);
    else if (key === "dataset") Object.assign(element.dataset, value);
    else if (key === "value") element.value = value;
    else if (key === "checked" || key === "selected" || key === "disabled") element[key] = Boolean(value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  return element;
}

export function h(tag, props, ...children) {
  return append(apply(document.createElement(tag), props), children);
}

export function svg(tag, props, ...children) {
  return append(apply(document.createElementNS(SVG, tag), props), children);
}

/** A name out of the data, in whatever script: kept apart from the direction of the text around it. */
export function name(text, props) {
  return h("bdi", { dir: "auto", ...props }, text);
}

/** A reason or sentence out of the data. */
export function words(text) {
  return h("span", { dir: "auto", class: "words" }, text ?? "");
}

/** A box in which a wide table scrolls, also with the keyboard. */
export function scrollBox(label, table, kind = "") {
  return h("div", { class: `table-scroll ${kind}`.trim(), tabindex: "0", role: "group", "aria-label": label }, table);
}

export function replace(parent, ...children) {
  parent.replaceChildren();
  return append(parent, children);
}

/** Escape inside of an element does what its way out does; not while a text is composed, where it ends the composing. */
export function onEscape(element, run) {
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    run();
  });
  return element;
}

/** Whether lines are cards, of which few fill the screen. */
export const isPhone = () => matchMedia("(max-width: 760px)").matches;

let counter = 0;
export function uniqueId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}

export function debounce(action, wait) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), wait);
  };
}

const ICONS = {
  overview: "M3 12l9-8 9 8M5 10v10h5v-6h4v6h5V10",
  orders: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 010 12h-3",
  upload: "M12 16V5M7.5 9.5L12 5l4.5 4.5M4 20h16",
  forecast: "M3 19h18M4 15l5-5 4 3 7-8",
  stock: "M3 9h7v7H3zM14 5h7v7h-7zM10 12.5h4M12.5 11l1.5 1.5-1.5 1.5M14 16h7M14 19h7",
  rules: "M4 6h10M18 6h2M16 4v4M4 12h2M10 12h10M8 10v4M4 18h10M18 18h2M16 16v4",
  audience: "M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2.5 20a6.5 6.5 0 0113 0M16 4.5a3.5 3.5 0 010 6.4M18 14a6.5 6.5 0 013.5 6",
  campaigns: "M4 10v4h3l8 5V5l-8 5zM18 9a4 4 0 010 6M7 14v5h3",
  segments: "M4 5h16l-6 7.5V19l-4-2.2v-4.3z",
  funnel: "M3 5h18M6 10h12M9 15h6M11 20h2",
  assets: "M4 6.5C4 5 7.6 4 12 4s8 1 8 2.5S16.4 9 12 9 4 8 4 6.5zM4 6.5V12c0 1.5 3.6 2.5 8 2.5s8-1 8-2.5V6.5M4 12v5.5C4 19 7.6 20 12 20s8-1 8-2.5V12",
  anomalies: "M3 17l5-6 4 3 3-9 3 8 3-2M3 21h18",
  models: "M5 20V10M12 20V4M19 20v-7M3 20h18",
  quarantine: "M5 4h14v16H5zM9 9l6 6M15 9l-6 6",
  jobs: "M12 21a9 9 0 100-18 9 9 0 000 18zM10 8.5l5.5 3.5-5.5 3.5z",
  calendar: "M4 6h16v14H4zM4 10.5h16M8.5 3.5v4M15.5 3.5v4M7.5 14h5M10 17h6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  guide: "M7 3h10v18H7zM10 17.5h4M10 7.5l1.2 1.2L13.5 6.5M10 12h4",
  person: "M12 12a4 4 0 100-8 4 4 0 000 8zM4 21a8 8 0 0116 0",
  key: "M8 16.5a4.5 4.5 0 110-9 4.5 4.5 0 010 9zM12.5 12H22M18 12v3.5M21.5 12v3",
  sign_out: "M10 4H5v16h5M14.5 8l4 4-4 4M18.5 12H9.5",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4 20h16",
  print: "M7 8V3h10v5M7 17H4V9h16v8h-3M7 14h10v7H7z",
  close: "M6 6l12 12M18 6L6 18",
  chevron: "M9 5l7 7-7 7",
  search: "M10.5 17a6.5 6.5 0 100-13 6.5 6.5 0 000 13zM15.5 15.5L21 21",
  comment: "M4 5h16v11H11l-4.5 4v-4H4z",
  check: "M5 13l4.5 4.5L19 7",
  alert: "M12 4l9 16H3zM12 10v4.5M12 17.2v.3",
};

export function icon(which) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: ICONS[which] }),
  );
}
