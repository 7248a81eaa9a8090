"""A learning platform's download, a ZIP file or a folder: names, dates and, within bounds, contents of its files.

Names in it are only ever read, never used as paths.
"""

import stat
import zipfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

LARGEST = 100 * 2**20  # bytes of one file
MOST = 200_000  # files of one download


@dataclass(frozen=True)
class Entry:
    """A file in a download. ``date``: as it says it, "2026-02-01 10:00:00". ``problem``: why it cannot be read."""

    name: str
    date: str
    problem: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The name's parts."""
        return PurePosixPath(self.name.replace("\\", "/")).parts


class Archive(ABC):
    """A download. Its ``entries`` come in the order of their names."""

    entries: list[Entry]

    @abstractmethod
    def _content(self, entry: Entry) -> bytes:
        """At most one byte more than ``LARGEST``. May raise anything."""

    def read(self, entry: Entry) -> tuple[bytes, str]:
        """The content of an entry, or why there is none."""
        try:
            content = self._content(entry)
        except Exception as error:  # encrypted, damaged, of an unknown method, gone
            return b"", f"cannot be unpacked ({type(error).__name__})"
        return (content, "") if len(content) <= LARGEST else (b"", f"has more than {LARGEST // 2**20} MB")


class Folder(Archive):
    """What a download unpacks to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries = []
        for found in sorted(path.rglob("*"))[:MOST]:
            if found.is_symlink() or found.is_file():
                date = datetime.fromtimestamp(found.lstat().st_mtime).isoformat(" ", "seconds")
                problem = "a link, not a file" if found.is_symlink() else ""
                self.entries.append(Entry(found.relative_to(path).as_posix(), date, problem))

    def _content(self, entry: Entry) -> bytes:
        with (self.path / entry.name).open("rb") as file:
            return file.read(LARGEST + 1)


class Zip(Archive):
    """A ZIP file."""

    def __init__(self, path: Path) -> None:
        self._file = zipfile.ZipFile(path)
        self._infos = {info.filename: info for info in self._file.infolist()[:MOST] if not info.is_dir()}
        self.entries = [
            Entry(name, _date(info), "a link, not a file" if stat.S_ISLNK(info.external_attr >> 16) else "")
            for name, info in sorted(self._infos.items())
        ]

    def _content(self, entry: Entry) -> bytes:
        with self._file.open(self._infos[entry.name]) as file:
            return file.read(LARGEST + 1)  # whatever the archive says of itself


def _date(info: zipfile.ZipInfo) -> str:
    year, month, day, hour, minute, second = info.date_time
    return f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"


def open_archive(path: Path) -> Archive:
    """The download at ``path``. Raises SystemExit when it is neither a folder nor a ZIP file."""
    if path.is_dir():
        return Folder(path)
    if not zipfile.is_zipfile(path):
        raise SystemExit(f"{path} is neither a folder nor a ZIP file")
    return Zip(path)
