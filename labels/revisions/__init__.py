"""A codebook changes: what differs, and how annotations follow."""
