"""The page: static files and the small app that hands them out."""
