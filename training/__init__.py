"""Trains, backtests, registers and promotes the demand model and the recommender."""
