"""The pickle machine: what a stream does to whoever loads it, without loading it."""

from bartizan.artifacts.pickle.stream import is_pickle, read

__all__ = ["is_pickle", "read"]
