"""Write ``genlab/judging/data``: the public probes of every exercise with their outcomes (``make checks``).

    python -m autograder.authoring.build_checks [EXERCISE ...]

A file whose data is still right is left as it is, to the byte: numbers that were computed differ in the last digits
from processor to processor, and that is no change.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from autograder.exercises import exercise, files
from genlab.checking import DATA
from genlab.judging.outcome import Record, read, sealed
from genlab.judging.values import decode, same

LAST_DIGITS = 1e-4  # relative difference up to which two computed numbers count as the same


def build(folder: Path = DATA, names: Iterable[str] = ()) -> list[Path]:
    """Bring the files of the exercises ``names`` in ``folder`` up to date; return those that were written.

    Without ``names`` all exercises are meant, and files that belong to none are removed.
    """
    names = list(names)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in names or files():
        path = folder / f"{name}.json"
        record = exercise(name).record()
        if not is_fresh(path, record):
            path.write_text(lines(record), encoding="utf-8", newline="\n")
            written.append(path)
    if not names:
        for orphan in folder.glob("*.json"):
            if orphan.stem not in files():
                orphan.unlink()
    return written


def is_fresh(path: Path, record: Record) -> bool:
    """Whether the file at ``path`` says what ``record`` says, in the layout of ``lines``."""
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8")
    try:
        kept = read(text)
        return alike(record.to_json(), kept.to_json()) and lines(kept) == text
    except (ValueError, KeyError, TypeError, AttributeError):  # of another version, or edited by hand
        return False


def alike(fresh: Any, kept: Any) -> bool:
    """Whether two pieces of JSON data are the same, computed numbers up to ``LAST_DIGITS``."""
    if isinstance(fresh, dict) and isinstance(kept, dict) and "$tensor" not in fresh:
        return list(fresh) == list(kept) and all(alike(fresh[k], kept[k]) for k in fresh)
    if isinstance(fresh, list) and isinstance(kept, list):
        return len(fresh) == len(kept) and all(map(alike, fresh, kept))
    if isinstance(fresh, (dict, float)):
        return same(decode(fresh), decode(kept), LAST_DIGITS)
    return type(fresh) is type(kept) and fresh == kept


def lines(record: Record) -> str:
    """The record as JSON with a line for each probe and each outcome of a mistake: a change shows where it is.

    A sealed record is one line that nobody reads.
    """
    if record.sealed:
        return sealed(record)
    data = record.to_json()

    def one(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    def many(items: Iterable[str]) -> str:
        return "[\n" + ",\n".join(items) + "\n]"

    fields = [f"{one(key)}: {one(value)}" for key, value in data.items() if key not in ("probes", "mistakes")]
    wrong = [
        f'{{"name": {one(m["name"])}, "hint": {one(m["hint"])}, "outcomes": {many(map(one, m["outcomes"]))}}}'
        for m in data["mistakes"]
    ]
    fields += [f'"probes": {many(map(one, data["probes"]))}', f'"mistakes": {many(wrong)}']
    return "{\n" + ",\n".join(fields) + "\n}\n"


def main(names: list[str]) -> int:
    """Build and say what was written. Returns 2 for a name that is no exercise."""
    unknown = sorted(set(names) - set(files()))
    if unknown:
        print(f"There is no exercise called {', '.join(unknown)}. There are: {', '.join(files())}.", file=sys.stderr)
        return 2
    torch.set_num_threads(1)
    written = build(names=names)
    for path in written:
        print(f"{path.stem:30} {path.stat().st_size:>9,} bytes")
    print(f"{len(written)} of {len(names or files())} written, the others were right")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
