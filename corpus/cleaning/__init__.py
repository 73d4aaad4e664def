"""Articles are cleaned: debris of pages, lines that an outlet repeats, encoding, language."""
