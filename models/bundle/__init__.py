"""The model as a folder: weights without pickle, manifest, card, golden sentences."""
