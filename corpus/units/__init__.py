"""Articles are cut into units, with exact offsets."""
