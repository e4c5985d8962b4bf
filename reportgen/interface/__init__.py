"""The Python interface: the same pipeline as the command line, with models, data and histories in memory."""
