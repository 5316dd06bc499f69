// What opens and closes in its place, and is part of the address: Back closes it, and a link that is sent opens it too.

import { close, isOpen, open } from "./route.js";

/** A `details` element that is open where the address says so; `which` names it among those of its view. */
export function addressed(details, which, signal) {
  details.open = isOpen(which);
  details.dataset.open = which;
  details.addEventListener("toggle", () => {
    // what a phone folds is unfolded around it
    if (details.open) details.closest("details.folded")?.setAttribute("open", "");
    // one that was drawn anew meanwhile, or that followed the address
    if (!details.isConnected || details.open === isOpen(which)) return;
    if (details.open) open(which);
    else close(which);
  });
  addEventListener("opened", () => { if (details.isConnected) details.open = isOpen(which); }, { signal });
  return details;
}
