"""Every exercise of the course, declared once: a folder for each notebook, in it a file for each exercise.

``nb03_sampling_loop/top_p.py`` declares the exercise ``top_p`` of the notebook ``03_sampling_loop``. Names that begin
with an underscore are not exercises: what the exercises of a notebook share stands there.
"""

import importlib
import pkgutil
from functools import cache

from autograder.exercises.exercise import Exercise, Probe


@cache
def files() -> dict[str, str]:
    """The module that declares each exercise, by the exercise's name, in the order of the notebooks; imports none.

    Raises ValueError when two exercises share a name.
    """
    found: dict[str, str] = {}
    for notebook in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        if not (notebook.ispkg and notebook.name.startswith("nb")):
            continue
        package = importlib.import_module(f"{__name__}.{notebook.name}")
        for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
            if module.name.startswith("_"):
                continue
            if module.name in found:
                raise ValueError(f"two exercises are called {module.name!r}: names are unique over the course")
            found[module.name] = f"{package.__name__}.{module.name}"
    return found


def exercise(name: str) -> Exercise:
    """The exercise called ``name``. Raises KeyError when there is none."""
    return importlib.import_module(files()[name]).exercise


def all_exercises() -> dict[str, Exercise]:
    """All exercises by name, in the order of the notebooks."""
    return {name: exercise(name) for name in files()}


__all__ = ["Exercise", "Probe", "all_exercises", "exercise", "files"]
