"""What the performance section says of a class for every position: of segmentation and sequence labeling."""
