"""Serving: planning use cases, the store of published answers, the HTTP API and the web page."""
