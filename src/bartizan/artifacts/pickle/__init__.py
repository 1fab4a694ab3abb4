"""The pickle machine: what a stream does to whoever loads it, without loading it."""

from bartizan.artifacts.pickle.stream import is_pickle, read, read_streams

__all__ = ["is_pickle", "read", "read_streams"]
