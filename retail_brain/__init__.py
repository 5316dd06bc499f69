"""Retail brain (零售大脑): the language that features, training and serving share."""

__version__ = "0.2.0"
