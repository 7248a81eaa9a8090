"""Exercises of the notebook `02_forward_step`."""
