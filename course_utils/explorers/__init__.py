"""Sliders: each explorer is a pure function, a drawing and a description."""
