"""The instructor's side: what an exercise asks, how it is graded, and nbgrader's configuration."""

from typing import Any

__all__ = ["grade"]


def __getattr__(name: str) -> Any:
    """``grade``, which test cells import from here; imported on demand, since it needs torch."""
    if name == "grade":
        from autograder.hidden_cell import grade

        return grade
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
