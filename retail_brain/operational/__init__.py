"""The operational database: decisions, overrides, events, API keys and audit, in SQLite or PostgreSQL."""
