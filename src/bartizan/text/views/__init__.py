"""How else a text can be read: one file for each family of decodings, from a text to the pieces of what it hides."""
