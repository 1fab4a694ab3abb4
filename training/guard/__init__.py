"""The guard's training corpus and what is made from it."""
