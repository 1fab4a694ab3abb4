"""The integrations in frameworks that are too large for the tests: `pytest bench/frameworks` where they are there."""
