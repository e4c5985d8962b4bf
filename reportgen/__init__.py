"""Declarative reports for trained Keras models: one spec in, one HTML and PDF document out."""

from __future__ import annotations

__version__ = "0.1.0"
