"""The instructor's side: what an exercise asks, how it is graded, and nbgrader's configuration."""

from autograder.kernel import grade

__all__ = ["grade"]
