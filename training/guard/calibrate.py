"""Calibrates the scorer on innocent texts that it did not learn from: `python -m training.guard.calibrate`."""
