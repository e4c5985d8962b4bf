"""One pass over the data per model, and the record that it leaves."""
