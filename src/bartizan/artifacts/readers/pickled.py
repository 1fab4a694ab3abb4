"""Pickle streams of all protocols, and what is made of them: joblib, dill and cloudpickle files."""

from bartizan.artifacts.pickle import is_pickle, read
from bartizan.artifacts.reader import Reader

READER = Reader("pickle", is_pickle, read)
