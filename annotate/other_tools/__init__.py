"""Files of other annotation tools, in both directions."""
