"""Every exercise of the course, declared once. One module for each notebook, named like it."""

import importlib
import pkgutil

from autograder.exercises.base import Exercise, Probe


def all_exercises() -> dict[str, Exercise]:
    """Exercises by name, in the order of the course. Raises ValueError when two share a name."""
    found: dict[str, Exercise] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        if module.name.startswith("nb"):
            for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
                if isinstance(value, Exercise):
                    if found.get(value.name, value) is not value:
                        raise ValueError(f"two exercises are called {value.name!r}: names are unique over the course")
                    found[value.name] = value
    return found


__all__ = ["Exercise", "Probe", "all_exercises"]
