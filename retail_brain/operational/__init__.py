"""What people decide and who may ask: the operational database, SQLite by default, PostgreSQL by one setting."""
