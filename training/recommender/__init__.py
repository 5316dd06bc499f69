"""People and goods: calibrated purchase probabilities."""
