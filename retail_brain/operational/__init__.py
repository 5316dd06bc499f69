"""What people decide and who may ask: keys, roles, approvals, in one SQL database."""
