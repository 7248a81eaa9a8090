"""Exercises of the notebook `07_capstone`."""
