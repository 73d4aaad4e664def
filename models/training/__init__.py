"""Training: candidates are compared by nested folds, and the best is fitted."""
