// What opens and closes in its place, and is part of the address: Back closes it, and a link that is sent opens it too.

import { close, isOpen, open } from "./route.js";

/** A `details` element that is open where the address says so; `which` names it among those of its view. */
export function addressed(details, which, signal) {
  // The state last given to it or reported by it. `toggle` comes later than what caused it: by then the address may be
  // one step on (Back, then Forward at once), so only a state that differs from this one is a person's doing.
  let last;
  const follow = () => { details.open = last = isOpen(which); };
  follow();
  details.dataset.open = which;
  details.addEventListener("toggle", () => {
    // what a phone folds is unfolded around it
    if (details.open) details.closest("details.folded")?.setAttribute("open", "");
    if (!details.isConnected || details.open === last) return;
    last = details.open;
    if (last === isOpen(which)) return;
    if (last) open(which);
    else close(which);
  });
  addEventListener("opened", () => { if (details.isConnected) follow(); }, { signal });
  return details;
}
