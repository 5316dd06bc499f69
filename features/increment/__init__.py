"""Takes a day's new rows into feature tables that were built before."""
