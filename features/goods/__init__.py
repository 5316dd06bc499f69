"""Goods features: one row per product, and one per store x product."""
