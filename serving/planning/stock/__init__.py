"""Use cases about stock: suggestions, limits, one network, and the life of an order."""
