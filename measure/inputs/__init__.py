"""What measuring starts from: tags, gold, and the probabilities with which it was drawn."""
