"""Customer segments: a typed expression over person features and purchase history, as text, JSON and people."""
