"""Looks for contradictions among published answers: the same shelf, product and day told in two ways."""
