"""Persons, goods and places in words."""
