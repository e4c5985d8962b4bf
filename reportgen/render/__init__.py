"""Renderers: a document in, text or bytes out. They read nothing but the document."""
