"""Renderers: a document in, text or bytes out. The document is their only input."""
