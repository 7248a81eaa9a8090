"""Write ``genlab/checks/data``: the public probes of every exercise with their outcomes (``make checks``)."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from autograder.exercises import all_exercises
from genlab.checks import DATA


def build(folder: Path = DATA, names: Iterable[str] = ()) -> list[Path]:
    """Write one JSON file an exercise into ``folder`` and return the paths.

    ``names``: only these exercises. Without it all are written, and files that belong to none are removed.
    """
    names = set(names)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, exercise in all_exercises().items():
        if names and name not in names:
            continue
        path = folder / f"{name}.json"
        text = json.dumps(exercise.record(), indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    if not names:
        for orphan in set(folder.glob("*.json")) - set(paths):
            orphan.unlink()
    return paths


if __name__ == "__main__":
    for written in build(names=sys.argv[1:]):
        print(f"{written.stem:30} {written.stat().st_size:>9,} bytes")
