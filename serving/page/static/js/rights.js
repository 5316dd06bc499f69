// What the key may do, as the service says: nobody is offered what would be refused.

let scopes = null;

export function knowRights(list) {
  scopes = list ? new Set(list) : null;
}

/** Whether the key has a right; a service that does not say which is asked, and refuses by itself. */
export const may = (scope) => scopes === null || scopes.has(scope);
