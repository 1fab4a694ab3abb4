"""The guard: decides about one exchange, in-process, and says how sure it is."""
