"""Calibration of segmentation and sequence labeling: of pixels and tokens, judged by images and sequences."""
