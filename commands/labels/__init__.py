"""``standfirst labels``."""
