"""Guides: their people, daily lists, credit, and what happens when one leaves."""
