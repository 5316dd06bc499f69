// Brings the grid up to what was stored, also where another worker of the service answered first.

const SETTLE_MS = 1_000; // Workers look for decisions three times a second.

/** Asks once more for the totals when all workers know of a decision; `withLines` for lines too, where nothing is typed. */
export function settle(grid, { withLines = false } = {}) {
  clearTimeout(grid.settling);
  grid.settling = setTimeout(async () => {
    if (grid.signal.aborted || !(await grid.source.refreshSums().catch(() => false)) || grid.signal.aborted) return;
    if (withLines && !grid.typing.isBusy()) await grid.reload();
    grid.drawShows();
    grid.drawSums();
    grid.drawPicked();
    grid.table.draw();
  }, SETTLE_MS);
}
