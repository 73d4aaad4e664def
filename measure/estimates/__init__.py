"""Shares of labels with their intervals, in all units and in groups, and their differences."""
