"""The guard: decides about one exchange with a model."""
