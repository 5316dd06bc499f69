"""Lists of lines over all stores: what they hold, and one engine that filters, sorts, groups and adds them up."""
