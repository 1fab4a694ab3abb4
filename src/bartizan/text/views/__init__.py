"""How a text can be read otherwise: one file per family of decodings, each from a text to the pieces of what it hides."""
