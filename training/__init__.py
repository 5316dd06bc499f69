"""Models, their evaluation and their tracking."""
