// Prediction intervals: pairs of quantile columns of an answer.

/** Quantile of a column such as `forecast_p05` or `forecast_p97_5`; null for any other column. */
export function quantileOf(column) {
  const match = /^forecast_p(\d+)(?:_(\d+))?$/.exec(column);
  return match ? Number(`${match[1]}.${match[2] ?? 0}`) / 100 : null;
}

/** Symmetric pairs of columns, widest first, at most two: {low, high, share}; share is the nominal coverage. */
export function bandsOf(row) {
  const quantiles = Object.keys(row ?? {})
    .map((column) => ({ column, quantile: quantileOf(column) }))
    .filter((one) => one.quantile !== null)
    .sort((a, b) => a.quantile - b.quantile);
  const pairs = quantiles
    .filter((one) => one.quantile < 0.5)
    .map((low) => ({ low, high: quantiles.find((one) => Math.abs(one.quantile - (1 - low.quantile)) < 1e-6) }))
    .filter((pair) => pair.high)
    .map(({ low, high }) => ({ low: low.column, high: high.column, share: Math.round((high.quantile - low.quantile) * 1e4) / 1e4 }));
  if (pairs.length <= 2) return pairs;
  const inner = pairs.reduce((best, pair) => (Math.abs(pair.share - 0.5) < Math.abs(best.share - 0.5) ? pair : best));
  return inner === pairs[0] ? [pairs[0]] : [pairs[0], inner];
}
