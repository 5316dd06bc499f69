"""Person, goods and place features: Polars in, Polars out, nothing later than `as_of`."""
