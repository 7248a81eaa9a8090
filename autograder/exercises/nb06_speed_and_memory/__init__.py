"""Exercises of the notebook `06_speed_and_memory`."""
