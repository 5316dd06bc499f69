"""Uplift: whom a contact moves, learned from campaigns with a randomised holdout."""
