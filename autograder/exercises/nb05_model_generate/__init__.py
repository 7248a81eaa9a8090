"""Exercises of the notebook `05_model_generate`."""
