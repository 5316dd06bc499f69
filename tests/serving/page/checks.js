// What a view must give to those who do not see it or use no mouse; returns sentences about what is wrong.
() => {
  const found = [];
  const shown = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !one.closest("[aria-hidden=true]");
  const where = (one) => `${one.tagName.toLowerCase()}.${[...one.classList].join(".")}: ${(one.textContent ?? "").trim().slice(0, 40)}`;
  const named = (ids) => (ids ?? "").split(/\s+/).filter(Boolean).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  const nameOf = (one) => [one.getAttribute("aria-label"), named(one.getAttribute("aria-labelledby")), [...(one.labels ?? [])].map((label) => label.textContent).join(" "), /^(BUTTON|A|SUMMARY)$/.test(one.tagName) ? one.textContent : "", one.querySelector?.("img[alt]")?.alt, one.title].find((text) => text?.trim());
  document.querySelectorAll("button, a[href], input, select, textarea, summary, [role=region], [role=group], [role=img], dialog").forEach((one) => {
    if (shown(one) && !nameOf(one)) found.push(`no name: ${where(one)}`);
  });
  document.querySelectorAll("img:not([alt])").forEach((one) => found.push(`no alt: ${where(one)}`));
  document.querySelectorAll("[tabindex]").forEach((one) => { if (one.tabIndex > 0) found.push(`a place of its own in the order of Tab: ${where(one)}`); });
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  ids.filter((id, place) => ids.indexOf(id) !== place).forEach((id) => found.push(`id twice: ${id}`));
  for (const kind of ["aria-controls", "aria-labelledby", "aria-describedby"]) {
    document.querySelectorAll(`[${kind}]`).forEach((one) => one.getAttribute(kind).split(/\s+/).forEach((id) => { if (!ids.includes(id)) found.push(`${kind} to nothing: ${where(one)}`); }));
  }
  const headings = [...document.querySelectorAll("h1, h2, h3, h4")].filter(shown).map((one) => Number(one.tagName[1]));
  if (headings.filter((level) => level === 1).length !== 1 || headings[0] !== 1) found.push(`headings: ${headings}`);
  headings.forEach((level, place) => { if (place && level > headings[place - 1] + 1) found.push(`a level of heading is left out: ${headings}`); });
  if (document.querySelectorAll("main").length !== 1 || !document.querySelector("nav[aria-label]")) found.push("landmarks");
  document.querySelectorAll("table").forEach((one) => { if (shown(one) && !one.classList.contains("sum") && !one.caption) found.push(`a table without caption: ${where(one)}`); });
  document.querySelectorAll("th").forEach((one) => { if (shown(one) && !one.textContent.trim() && !one.querySelector("input")) found.push(`a heading without text: ${where(one)}`); });
  document.querySelectorAll("ul, ol").forEach((one) => { if ([...one.children].some((child) => child.tagName !== "LI")) found.push(`a list with other things in it: ${where(one)}`); });

  const numbers = (colour) => { const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number); return colour.startsWith("color(") ? [255 * r, 255 * g, 255 * b, a] : [r, g, b, a]; };
  const over = (front, back) => back.map((part, place) => (place === 3 ? 1 : front[place] * front[3] + part * (1 - front[3])));
  const ground = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) {
      const layer = numbers(getComputedStyle(at).backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((back, layer) => over(layer, back), [255, 255, 255, 1]);
  };
  const light = (colour) => colour.slice(0, 3).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)).reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement;
    if (!node.data.trim() || seen.has(one) || !shown(one) || one.closest(":disabled, svg, .visually-hidden, noscript")) continue;
    seen.add(one);
    const style = getComputedStyle(one);
    const back = ground(one);
    const [first, second] = [light(over(numbers(style.color), back)), light(back)].sort((a, b) => b - a);
    const size = Number.parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const contrast = (first + 0.05) / (second + 0.05);
    if (contrast < least - 0.01) found.push(`contrast ${contrast.toFixed(2)}: ${where(one)}`);
  }
  // text that its box cuts off; a pointer reads the rest as a hint, a finger cannot
  const isPhone = innerWidth <= 760;
  const hints = (one) => [one, one.closest("[title]"), one.querySelector("[title]")].some((each) => each?.title);
  document.querySelectorAll("main *").forEach((one) => {
    const style = getComputedStyle(one);
    const cuts = [[style.overflowX, one.scrollWidth - one.clientWidth], [style.overflowY, one.scrollHeight - one.clientHeight]].some(([flow, over]) => ["hidden", "clip"].includes(flow) && over > 1.5);
    if (!cuts || !one.textContent.trim() || one.closest("svg, input, select, .visually-hidden") || !shown(one)) return;
    // of a name in lines of the grid the rest is a press away
    if (isPhone ? !one.matches("button, a[href]") : !hints(one)) found.push(`cut: ${where(one)}`);
  });
  if (document.documentElement.scrollWidth > innerWidth) found.push(`wider than the screen: ${document.documentElement.scrollWidth}`);
  return [...new Set(found)];
}
