"""What trains the models that ship in the package; nothing of it is installed."""
