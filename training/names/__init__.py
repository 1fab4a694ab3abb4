"""The training of the names tagger, on sentences composed here: `python -m training.names` writes its weights."""
