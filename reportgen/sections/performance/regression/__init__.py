"""What the performance section says of predicted values: errors, skill, paired differences, conformal intervals."""
