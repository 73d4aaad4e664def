"""Articles that share much of their text are found and grouped."""
