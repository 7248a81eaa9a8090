"""Write ``genlab/checks/data``: the public probes of every exercise with their outcomes (``make checks``)."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

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
        path.write_text(lines(exercise.record()), encoding="utf-8", newline="\n")
        paths.append(path)
    if not names:
        for orphan in set(folder.glob("*.json")) - set(paths):
            orphan.unlink()
    return paths


def lines(record: dict[str, Any]) -> str:
    """The record as JSON with a line for each probe and each outcome of a misconception: a change shows where it is."""

    def one(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    def many(items: Iterable[str]) -> str:
        return "[\n" + ",\n".join(items) + "\n]"

    fields = [f"{one(key)}: {one(value)}" for key, value in record.items() if key not in ("probes", "misconceptions")]
    wrong = [
        f'{{"name": {one(m["name"])}, "hint": {one(m["hint"])}, "outcomes": {many(map(one, m["outcomes"]))}}}'
        for m in record["misconceptions"]
    ]
    fields += [f'"probes": {many(map(one, record["probes"]))}', f'"misconceptions": {many(wrong)}']
    return "{\n" + ",\n".join(fields) + "\n}\n"


if __name__ == "__main__":
    for written in build(names=sys.argv[1:]):
        print(f"{written.stem:30} {written.stat().st_size:>9,} bytes")
