"""Use cases about demand: forecasts, overrides and the ledger of added value."""
