"""A study: one folder that holds one project, and what needs both its coders and its models."""

from .folder import Settings, Study

__all__ = ["Settings", "Study"]
