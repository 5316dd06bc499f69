"""Person features: one row per person; and person x product interactions."""
