"""Reasons of order suggestions: why a quantity is what it is, in English and Chinese."""
