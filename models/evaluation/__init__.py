"""Models that exist, on labelled rows that they have not seen."""
