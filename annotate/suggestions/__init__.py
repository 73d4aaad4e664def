"""Suggestions of a model on the labelling page, and how far they pull coders."""
