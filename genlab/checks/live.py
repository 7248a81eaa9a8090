"""Library functions that are their own expectation: run when the check runs, right on every platform."""

from collections.abc import Callable

LIVE: dict[str, Callable] = {}
