"""Bartizan protects AI systems through their whole life, and uses AI to protect everything else."""

__version__ = "0.1.0"
