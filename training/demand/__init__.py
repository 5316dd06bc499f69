"""Demand models: training, backtests and calibrated forecasts."""
