"""Labelled rows: read from files or a study, and cut into folds that do not leak."""
