"""The web pages: what was recorded, what is broken, what is exposed."""
