"""Weights of pretrained encoders: where they are published, fetched to and checked."""
