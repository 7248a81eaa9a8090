"""What students get: the course without solutions and oracles, as a ZIP file or a folder that may become a repository.

Everything in it is named here, and a test looks for answers in it.
"""

import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.exercises import files

WHOLE = ("requirements.txt", "constraints.txt", "LICENSE", "LICENSE-TEXT.md", "binder", "genlab")
SECTION = re.compile(r"^## For students\n.*?(?=^## )", re.M | re.S)  # of the README
PROJECT = re.compile(r"^\[tool\.(?!setuptools).*?(?=^\[|\Z)", re.M | re.S)  # in pyproject.toml: what only authors need
DATA = "genlab/judging/data/"


def contents(root: Path, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Paths and contents of the students' course with the notebooks ``names``. ``root``: the repository."""
    wanted = {name for name, module in files().items() if module.split(".")[-2].removeprefix("nb") in names}
    for path in _files(root, WHOLE):
        name = path.relative_to(root).as_posix()
        if not name.startswith(DATA) or path.stem in wanted:
            yield name, path.read_bytes()
    for path in _files(root / "notebooks", names):
        yield path.relative_to(root).as_posix(), path.read_bytes()
    yield "Makefile", (root / "binder" / "lab.mk").read_bytes()
    readme = _text(root / "README.md")
    yield "README.md", (readme[: readme.index("\n## ")] + "\n" + SECTION.findall(readme)[0]).encode()
    yield "pyproject.toml", PROJECT.sub("", _text(root / "pyproject.toml")).encode()
    yield ".gitignore", b".venv/\n__pycache__/\n*.egg-info/\nbuild/\n.ipynb_checkpoints/\n.progress/\n"


def write(root: Path, names: Sequence[str], to: Path) -> int:
    """Write the students' course to ``to``, a ZIP file or else a folder that does not exist; return how many files."""
    number = 0
    if to.suffix == ".zip":
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in contents(root, names):
                info = zipfile.ZipInfo(f"{to.stem}/{name}", (2026, 1, 1, 0, 0, 0))  # the same bytes each time
                info.external_attr = (0o755 if name in ("binder/postBuild", "binder/start") else 0o644) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                file.writestr(info, content)
                number += 1
        return number
    if to.exists():
        raise SystemExit(f"{to} is there already: name a folder that is not, or a .zip file")
    for name, content in contents(root, names):
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        number += 1
    for name in ("binder/postBuild", "binder/start"):
        shutil.copymode(root / name, to / name)
    return number


def _files(root: Path, names: Sequence[str]) -> Iterator[Path]:
    """The files of that name, and those in folders of that name, without what programs leave behind."""
    for name in names:
        path = root / name
        yield from [path] if path.is_file() else folder_files(path)


def folder_files(folder: Path) -> Iterator[Path]:
    """The files in ``folder``, in order, without what programs leave behind."""
    for found in sorted(folder.rglob("*")):
        parts = found.relative_to(folder).parts
        if found.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in parts):
            yield found


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
