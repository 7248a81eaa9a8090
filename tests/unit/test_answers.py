"""Answers that were written from the cards alone: wrong ones fail, right ones pass, in the visible check and hidden.

``answers/NAME.py`` holds those to the exercise ``NAME``, each after a line ``# %% wrong name: what it does``
(or ``right``), or ``accepted`` for what is not quite as the card says and is let through. An answer finds the names
that the notebook's given cells bind before its stub.
"""

import contextlib
import functools
import io
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from autograder.exercises import exercise, files
from genlab.checking import load
from genlab.judging.differences import differs
from genlab.judging.runner import generated, outcomes_of, run
from genlab.judging.verdict import judge, score
from tests.support.course import ROOT, read

ANSWERS = Path(__file__).with_name("answers")
SEEDS = ("one class", "another class")
CELL = re.compile(r"^# %% (wrong|right|accepted) (\w+).*\n", re.M)
NAMES = {"torch": torch, "math": math, "np": np, "StoppingCriteria": transformers.StoppingCriteria}


@functools.cache
def answers(name: str) -> dict[tuple[str, str], str]:
    """``(kind, name of the answer): source`` of all answers to one exercise."""
    _, *rest = CELL.split((ANSWERS / f"{name}.py").read_text(encoding="utf-8"))
    return {(kind, answer): code for kind, answer, code in zip(rest[::3], rest[1::3], rest[2::3], strict=True)}


def all_answers(*kinds):
    return [
        pytest.param(path.stem, answer, code, id=f"{path.stem}-{answer}", marks=pytest.mark.xdist_group(path.stem))
        for path in sorted(ANSWERS.glob("*.py"))
        for (kind, answer), code in answers(path.stem).items()
        if kind in kinds
    ]


@functools.cache
def given(name: str) -> dict[str, object]:
    """The names that the locked cells of a notebook bind before the exercise ``name``, without its checks."""
    names = dict(NAMES)
    notebook = files()[name].split(".")[-2].removeprefix("nb")
    for cell in read(ROOT / "solutions" / notebook / f"{notebook}.ipynb").cells:
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("grade_id") == name:
            break
        if cell.cell_type == "code" and mark.get("locked") and not mark.get("grade"):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, f"<{cell.id}>", "exec"), names)
    return names


def defined(name: str, code: str):
    """What the student's cell defines: a function called ``name``, or a class."""
    names = dict(given(name), __name__="__main__")
    exec(compile(code, f"<{name}>", "exec"), names)
    return names.get(name) or names[name.title().replace("_", "")]


@functools.cache
def visible(name):
    record = load(name)
    return replace(record, probes=tuple(map(generated, record.probes)))


@functools.cache
def hidden(name, seed):
    return exercise(name).record(seed, hints=False)


def fails(record, function) -> bool:
    """Whether some probe does not pass; those behind it are not run."""
    runs = ((p, run(function, p.args, record.adapter, forbids=record.forbids)) for p in record.probes)
    return any(differs(record, probe.expected, outcome) for probe, outcome in runs)


@pytest.mark.parametrize("name, answer, code", all_answers("wrong"))
def test_a_wrong_answer_fails(name, answer, code):
    assert fails(visible(name), defined(name, code))


@pytest.mark.parametrize("name, answer, code", all_answers("right", "accepted"))
def test_a_right_answer_passes(name, answer, code):
    record = visible(name)
    assert [v for v in judge(record, outcomes_of(defined(name, code), record)) if not v.passed] == []


@pytest.mark.nightly
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name, answer, code", all_answers("wrong"))
def test_a_wrong_answer_loses_points(name, answer, code, seed):
    assert fails(hidden(name, seed), defined(name, code))


@pytest.mark.nightly
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name, answer, code", all_answers("right", "accepted"))
def test_a_right_answer_earns_all_points(name, answer, code, seed):
    record = hidden(name, seed)
    assert score(judge(record, outcomes_of(defined(name, code), record)), record.points) == record.points
