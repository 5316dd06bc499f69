"""Steps of the feature job, one module per table, and what they share."""
