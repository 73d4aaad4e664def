"""The end of a run: shards, rejects and counts that must add up."""
