"""A corpus on disk: added to in parts, cut again, summed up."""
