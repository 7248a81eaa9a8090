"""Exercises of the notebook `01_tokenization`."""
