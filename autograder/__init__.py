"""The instructor's side: what an exercise asks, how it is graded, and nbgrader's configuration."""

from typing import Any

__all__ = ["grade"]


def __getattr__(name: str) -> Any:
    """``from autograder import grade`` of a test cell; on demand, since it imports torch."""
    if name == "grade":
        from autograder.kernel import grade

        return grade
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
