"""Benign files, made by the savers of the libraries themselves: `python -m bench.benign FOLDER`.

It imports nothing of Bartizan, so that any Python that has a library can make that library's files.
"""
