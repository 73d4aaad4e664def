"""Whether coders and model can be trusted: scores, coders, doubts, drift, other choices."""
