"""Requests and responses of the routes as pydantic models, one file per subject."""
