// What the key may do, as the service says: nobody is offered what would be refused.

let scopes = null;
let place = null;

export function knowRights(list, where) {
  scopes = list ? new Set(list) : null;
  place = where ?? null;
}

/** Whether the key has a right; a service that does not say which is asked, and refuses by itself. */
export const may = (scope) => scopes === null || scopes.has(scope);

/** Whose rows the key opens: `headquarters`, `region`, `shop` or `guide`. */
export const placeKind = () => place?.kind ?? "headquarters";

/** Whether the key opens rows of shops: a guide's own key does not, unless it names shops too. */
export const seesShops = () => placeKind() !== "guide" || Boolean(place.stores?.length || place.regions?.length);

/** Whether the key may start and watch jobs: they change the data and answers of all. */
export const mayRunJobs = () => may("jobs:run") && placeKind() === "headquarters";
