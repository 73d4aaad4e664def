"""``standfirst annotate``."""
