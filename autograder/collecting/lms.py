"""Take submissions out of what a learning platform gives for download, into nbgrader's layout.

Known forms, each as a ZIP file or as the folder that it unpacks to:

* Canvas: ``doejane_LATE_12345_67890_01_tokenization-2.ipynb`` (name, perhaps LATE, student, file, perhaps a number);
* Moodle: ``Jane Doe_12345_assignsubmission_file_/01_tokenization.ipynb``, or the same with the folder in the name;
* ``STUDENT/ASSIGNMENT/FILE`` and ``STUDENT/FILE``.

A student is then called by name and number, as in ``doejane_12345``. Names in an archive are only ever read, never
used as paths: no link, no ``..`` and no absolute path leads anywhere. timestamp.txt, which nbgrader would believe, is
not taken.

``nbgrader zip_collect`` is not used: it unpacks an archive before it looks at the names in it, and for each platform it
needs a regular expression of the instructor's.
"""

import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

LARGEST = 100 * 2**20  # bytes of one file
CANVAS = re.compile(r"^(?P<name>[^_/]+)_(?:LATE_)?(?P<number>\d+)_\d+_(?P<file>[^/]+)$")
MOODLE = re.compile(r"^(?P<name>[^/]+?)_(?P<number>\d+)_assignsubmission_file_/?(?P<file>[^/]+)$")
AGAIN = re.compile(r"(-\d+| ?\(\d+\))$")  # Canvas and browsers number a file that was handed in again
PLAIN = re.compile(r"[^\w.@+-]+")


def collect(
    source: Path, submitted: Path, known: list[str], assignment: str = ""
) -> tuple[list[str], list[tuple[str, str]]]:
    """Write the submissions in ``source`` below ``submitted``; return what was taken, and what was not with the reason.

    ``known``: the course's assignments. ``assignment``: which one it is where a file's name does not tell. Of several
    files of a student for one assignment the last in order counts. Raises SystemExit when ``source`` is neither.
    """
    chosen: dict[tuple[str, str], tuple[str, bytes]] = {}
    left: list[tuple[str, str]] = []
    for name, content in _files(source):
        if content is None or isinstance(content, str):
            left.append((name, content or "not a file"))
            continue
        student, task, problem = place(name, known, assignment)
        if problem:
            left.append((name, problem))
            continue
        previous = chosen.get((student, task))
        if previous:
            left.append((previous[0], f"there is a newer one: {name}"))
        chosen[student, task] = (name, content)
    for (student, task), (_, content) in chosen.items():
        path = submitted / student / task / f"{task}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return [f"{name} -> {student}/{task}" for (student, task), (name, _) in chosen.items()], left


def place(name: str, known: list[str], assignment: str = "") -> tuple[str, str, str]:
    """Student and assignment of the file called ``name`` in a download; or, in third place, why it has none."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or (parts and ":" in parts[0]):
        return "", "", "its path leads out of the archive"
    if not parts or any(part.startswith((".", "__MACOSX")) for part in parts):
        return "", "", "hidden"
    if not parts[-1].endswith(".ipynb"):
        return "", "", "not a notebook"
    match = MOODLE.match("/".join(parts[-2:])) or MOODLE.match(parts[-1]) or CANVAS.match(parts[-1])
    if match:
        student, file = f"{match['name']}_{match['number']}", match["file"]
    elif len(parts) >= 2:
        student, file = parts[-3] if len(parts) >= 3 and parts[-2] in known else parts[-2], parts[-1]
    else:
        return "", "", "its name tells no student"
    student = PLAIN.sub("-", student).strip("-.")
    stem = AGAIN.sub("", file.removesuffix(".ipynb"))
    task = stem if stem in known else parts[-2] if len(parts) >= 2 and parts[-2] in known else assignment
    if not student:
        return "", "", "its name tells no student"
    if task not in known:
        return "", "", "its name tells no assignment of this course: say --assignment"
    return student, task, ""


def _files(source: Path) -> Iterator[tuple[str, bytes | str | None]]:
    """Names and contents of all files in a folder or ZIP file, in order; a string says why there is no content."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source).as_posix()
            if path.is_symlink():
                yield name, "a link, not a file"
            elif path.is_file():
                large = path.stat().st_size > LARGEST
                yield name, "too large" if large else path.read_bytes() if path.suffix == ".ipynb" else b""
        return
    if not zipfile.is_zipfile(source):
        raise SystemExit(f"{source} is neither a folder nor a ZIP file")
    with zipfile.ZipFile(source) as archive:
        for entry in sorted(archive.infolist(), key=lambda entry: (entry.date_time, entry.filename)):
            if entry.is_dir():
                continue
            if stat.S_ISLNK(entry.external_attr >> 16):
                yield entry.filename, "a link, not a file"
            elif not entry.filename.endswith(".ipynb"):
                yield entry.filename, b""
            else:
                yield entry.filename, _unpacked(archive, entry)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | str:
    """At most ``LARGEST`` bytes, whatever the archive says of itself."""
    try:
        with archive.open(entry) as file:
            content = file.read(LARGEST + 1)
    except Exception as error:  # encrypted, damaged, of an unknown method
        return f"cannot be unpacked ({type(error).__name__})"
    return content if len(content) <= LARGEST else "too large"
