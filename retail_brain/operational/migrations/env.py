"""Runs the migrations on the connection that `Database.upgrade` holds."""

from alembic import context

from retail_brain.operational.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
context.run_migrations()
