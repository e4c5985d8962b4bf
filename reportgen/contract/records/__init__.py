"""The output of the pass over the data: frozen dataclasses of numpy arrays. No Keras from here on."""
