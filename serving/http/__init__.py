"""Serves the published answers over HTTP: API keys, routes, limits, one shape for every error."""
