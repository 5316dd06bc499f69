"""Handlers of the routes: plain functions from a request and its `Call` to the values of the answer."""
