"""Companion package of the course Attention by Experiment."""
