"""Features of persons, goods, places and demand series: Polars frames in and out, nothing later than `as_of`."""
