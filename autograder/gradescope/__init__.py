"""This grader as a Gradescope autograder: the archive that is uploaded there, and what runs in its container."""
