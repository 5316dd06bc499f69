"""Demand: panels to calibrated forecasts."""
