"""The archive that is uploaded to Gradescope: https://gradescope-autograders.readthedocs.io/en/latest/specs/

It holds one assignment with its solutions, the grader, and the grading seed: it is for instructors.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from autograder import grading_seed
from autograder.authoring.package import folder_files
from autograder.course import PACKAGE
from autograder.sandbox.bubblewrap import genlab

HERE = Path(__file__).resolve().parent
SCRIPTS = ("setup.sh", "run_autograder")  # at the top of the archive
BESIDE = ("requirements.txt", "constraints.txt", "autograder/requirements.txt")  # in the clone only
DATE = (2026, 1, 1, 0, 0, 0)  # the same bytes each time


def contents(root: Path, assignment: str) -> Iterator[tuple[str, bytes]]:
    """Paths and contents of the archive. ``root``: the folder of the course. Raises SystemExit, NoSeed."""
    for name in SCRIPTS:
        yield name, (HERE / name).read_bytes()
    for package in (PACKAGE, genlab()):
        for path in folder_files(package):
            yield f"course/{path.relative_to(package.parent).as_posix()}", path.read_bytes()
    for name in BESIDE:
        path = PACKAGE.parent / name
        if not path.is_file():
            raise SystemExit(
                f"{path} is missing: make the archive in a clone of the course, which says what to install."
            )
        yield f"course/{name}", path.read_bytes()
    for folder in ("solutions", "notebooks"):
        for path in folder_files(root / folder / assignment):
            yield f"course/{path.relative_to(root).as_posix()}", path.read_bytes()
    yield "course/class/grading_seed.txt", grading_seed.read().encode() + b"\n"


def write(root: Path, assignment: str, to: Path) -> int:
    """Write the archive of ``assignment`` to ``to``; return how many files are in it."""
    files = dict(contents(root, assignment))
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, DATE)
            info.external_attr = (0o755 if name in SCRIPTS else 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return len(files)
