"""The course as nbgrader sees it: configuration, assignments, submissions."""

from pathlib import Path

from nbgrader.apps import NbGraderAPI
from traitlets.config import Config, PyFileConfigLoader

HERE = Path(__file__).resolve().parent


def configuration(**course_directory: str) -> Config:
    """``nbgrader_config.py``; ``course_directory`` overrides traits of nbgrader's ``CourseDirectory`` (tests do)."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(HERE)).load_config()
    config.CourseDirectory.update(course_directory)
    return config


def api(config: Config | None = None) -> NbGraderAPI:
    """nbgrader's programming interface to this course."""
    return NbGraderAPI(config=config or configuration())


def assignments(course: NbGraderAPI, names: list[str] = ()) -> list[str]:
    """The assignments of ``solutions/``, or those of ``names``; SystemExit when a name is none of them."""
    known = sorted(course.get_source_assignments())
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise SystemExit(f"There is no assignment called {', '.join(unknown)}. There are: {', '.join(known)}.")
    return [name for name in known if not names or name in names]
