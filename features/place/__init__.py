"""Place features: one row per store, and clusters of stores."""
