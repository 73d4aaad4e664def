"""Tagging of one block: articles become units, units become tags and tallies."""
