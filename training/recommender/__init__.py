"""Recommends products to customers and customers for products by calibrated purchase probabilities."""
