// Lines of the grid, page by page from the service: only what is looked at is asked for.

import { call } from "../api.js";
import { asked, sorted } from "./state.js";

const PAGE = 100;
/** Pages that are asked for together where all lines are wanted. */
const TOGETHER = 10;
const TABLE = "suggestions";

export const keyOf = (line) => `${line.store_id}\u001f${line.product_id}`;

/**
 * @param {object} options state, signal, onchange() after rows came, onfail(error)
 */
export function lineSource({ state, signal, onchange, onfail }) {
  let answer = null;
  let parts = [];
  let turn = 0;
  let last;
  const byKey = new Map();

  const ask = (body) => call("listing", { table: TABLE, ...body }, { signal });
  const condition = (part) => (part.group ? [{ column: state.group, value: part.group.key ?? "" }] : []);
  const part = (group, total) => ({ group, total, isOpen: !group, pages: new Map() });

  const keep = (part, page, rows) => {
    part.pages.set(page, rows);
    rows.forEach((row, place) => byKey.set(keyOf(row), { part, page, place }));
  };

  const load = async (part, page) => {
    if (part.pages.has(page)) return;
    part.pages.set(page, null);
    const now = turn;
    try {
      const { rows } = await ask({ ...asked(state, condition(part)), sort: sorted(state), limit: PAGE, offset: page * PAGE });
      if (now !== turn) return;
      keep(part, page, rows);
      onchange();
    } catch (error) {
      part.pages.delete(page);
      if (!signal.aborted) onfail(error);
    }
  };

  /** Asks for totals and groups, and without groups for the first lines; open groups stay open. Of two, both wait. */
  const renew = async (now) => {
    const fresh = await ask({ ...asked(state), sort: sorted(state), limit: state.group ? 0 : PAGE, ...(state.group ? { group_by: state.group } : {}) });
    if (now !== turn) return last;
    const open = new Set(state.parts);
    answer = fresh;
    byKey.clear();
    parts = fresh.groups ? fresh.groups.map((group) => ({ ...part(group, group.lines), isOpen: open.has(group.key) })) : [part(null, fresh.total)];
    if (!fresh.groups) keep(parts[0], 0, fresh.rows);
  };

  const reload = () => (last = renew(turn += 1));

  /** One line, whatever the view shows; null for none. */
  const oneLine = async ({ store_id: store, product_id: product }) => {
    try {
      const { rows } = await ask({ where: [{ column: "store_id", any_of: [store] }, { column: "product_id", any_of: [product] }], limit: 1 });
      return rows[0] ?? null;
    } catch (error) {
      if (error.status !== 404) throw error;
      return null;
    }
  };

  /** Asks for totals, tabs and groups; whether they changed. */
  const refreshSums = async () => {
    const now = turn;
    const { totals, shows, groups } = await ask({ ...asked(state), sort: sorted(state), limit: 0, ...(state.group ? { group_by: state.group } : {}) });
    if (now !== turn) return false;
    const isOther = JSON.stringify([totals, shows]) !== JSON.stringify([answer.totals, answer.shows]);
    answer = { ...answer, totals, shows, groups };
    parts.filter((one) => one.group).forEach((one) => { one.group = groups.find((group) => group.key === one.group.key) ?? one.group; });
    return isOther;
  };

  /** Asks anew for one line, and for the totals it is part of. */
  const refreshLine = async (line) => {
    const [row] = await Promise.all([oneLine(line), refreshSums()]);
    const place = byKey.get(keyOf(line));
    if (place && row) place.part.pages.get(place.page)[place.place] = row;
    return row;
  };

  /** Rows of the screen: heads of groups, lines of open ones. */
  const length = () => parts.reduce((sum, one) => sum + (one.group ? 1 : 0) + (one.isOpen ? one.total : 0), 0);

  /** Lines of open groups, and how many have come. */
  const lines = () => parts.filter((one) => one.isOpen).reduce((sum, one) => sum + one.total, 0);
  const come = () => parts.filter((one) => one.isOpen).reduce((sum, one) => sum + [...one.pages.values()].reduce((rows, page) => rows + (page?.length ?? 0), 0), 0);

  /** Asks for all lines of open groups that have not come. */
  const loadAll = async () => {
    const now = turn;
    for (const one of parts.filter((each) => each.isOpen)) {
      for (let page = 0; page * PAGE < one.total; page += TOGETHER) {
        const wanted = Array.from({ length: TOGETHER }, (_, place) => page + place).filter((each) => each * PAGE < one.total);
        if (wanted.every((each) => one.pages.get(each))) continue;
        const { rows } = await ask({ ...asked(state, condition(one)), sort: sorted(state), limit: PAGE * TOGETHER, offset: page * PAGE });
        if (now !== turn) return;
        wanted.forEach((each, place) => keep(one, each, rows.slice(place * PAGE, (place + 1) * PAGE)));
      }
    }
  };

  const at = (index, { asks = true } = {}) => {
    let left = index;
    for (const one of parts) {
      if (one.group) {
        if (left === 0) return { head: one };
        left -= 1;
      }
      if (one.isOpen) {
        if (left < one.total) {
          const page = Math.floor(left / PAGE);
          const rows = one.pages.get(page);
          if (rows === undefined && asks) load(one, page);
          return { line: rows?.[left % PAGE] ?? null };
        }
        left -= one.total;
      }
    }
    return {};
  };

  return {
    reload, oneLine, refreshLine, refreshSums, length, lines, come, loadAll, at,
    answer: () => answer,
    toggle: (one) => {
      one.isOpen = !one.isOpen;
      state.parts = [...state.parts.filter((key) => key !== one.group.key), ...(one.isOpen ? [one.group.key] : [])];
    },
    line: (key) => { const place = byKey.get(key); return place ? place.part.pages.get(place.page)?.[place.place] : null; },
  };
}

/** The first lines; where the service does not know what to sort by, `state` says so and they come in the usual order. */
export async function firstLines(source, state) {
  try {
    await source.reload();
  } catch (error) {
    const { problem, got, column } = error.details ?? {};
    const isSort = state.sort && ["listing_unknown", "listing_sort"].includes(problem) && state.sort.column === (got ?? column);
    if (!isSort) throw error;
    state.unknown.push(state.sort.column);
    state.sort = null;
    await source.reload();
  }
}
