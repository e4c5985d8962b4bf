"""What the calibration section says of predicted distributions: coverage, sharpness, scale, shape, crossing quantiles."""
