"""The Python interface: the flow of the command line, with models, data and histories of a running program."""
