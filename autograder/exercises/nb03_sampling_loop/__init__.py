"""Exercises of the notebook `03_sampling_loop`. The oracles are the library's own warpers, processors and loop."""
