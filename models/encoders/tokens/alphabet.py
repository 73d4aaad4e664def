"""What characters and pieces are to WordPiece, as numbers that compiled code shares."""

__all__ = ["DROP", "INSIDE", "KNOWN", "LONGEST", "ODD", "PUNCTUATION", "SPACE"]

KNOWN = 0x3000
"""Code points from here on are left to `tokenizers`."""
LONGEST = 100
"""A word of more characters is unknown."""

PUNCTUATION, SPACE, DROP, ODD = 1 << 24, 1 << 25, 1 << 26, 1 << 27
"""Marks in the table of characters: a token of its own; between tokens; nothing; not for us."""

INSIDE = 0x632BE59BD9B4E019
"""Where the hash of a piece begins that continues a word."""
