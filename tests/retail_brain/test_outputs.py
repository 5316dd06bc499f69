import numpy as np
import polars as pl

from retail_brain.outputs import DemandPaths


def test_quantiles_of_paths_do_not_cross() -> None:
    units = np.random.default_rng(1).poisson(2.0, (3, 50, 4)).astype(np.float32)
    paths = DemandPaths(pl.DataFrame({"store_id": ["a"] * 3, "product_id": ["x", "y", "z"]}), pl.Series([]), units)
    quantiles = paths.quantiles([0.1, 0.5, 0.9])
    assert quantiles.shape == (3, 4, 3)
    assert (np.diff(quantiles, axis=2) >= 0).all()
