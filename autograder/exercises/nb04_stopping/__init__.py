"""Exercises of the notebook `04_stopping`."""
