"""``standfirst corpus``."""
