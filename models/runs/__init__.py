"""Runs of ``tag``: planned, carried out task by task, ended, and gone on with."""
