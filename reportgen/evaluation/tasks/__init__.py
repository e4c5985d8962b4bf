"""What an output can be for, one file each: evidence rules, label encoder, accumulator."""
