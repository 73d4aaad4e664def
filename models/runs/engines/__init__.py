"""Engines: what runs the tasks of a run, on this machine or on a cluster."""
