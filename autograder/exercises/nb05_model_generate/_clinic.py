"""What the three wards of the error clinic share: models, padded rows, probes whose broken calls cannot be right."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import torch

from autograder.exercises.exercise import Exercise, Probe
from genlab.judging.adapters import Adapter
from genlab.judging.runner import resolve, run
from genlab.judging.values import Resource, encode

VOCABULARY, CONTEXT = 31, 32  # of a probe model
MANNER = "how it was done"


def patient_model(rng: random.Random, **settings: Any) -> Resource:
    """A model without an end token: what it writes is as long as the call allows."""
    return Resource("patient_model", seed=rng.randrange(10**6), eos_token_id=None, **settings)


def row(rng: random.Random, length: int, holds: Sequence[int] = ()) -> list[int]:
    """Random ids without the first and the last of the vocabulary, with those that it ``holds`` before its last one."""
    ids = [rng.randrange(1, VOCABULARY - 1) for _ in range(length)]
    for place, token in zip(rng.sample(range(1, length - 1), len(holds)), holds, strict=True):
        ids[place] = token
    return ids


def prompt(rng: random.Random, length: int, rows: int = 1, holds: Sequence[int] = ()) -> dict[str, torch.Tensor]:
    """What a tokenizer returns for ``rows`` texts of the same length, which hold some ids."""
    ids = torch.tensor([row(rng, length, holds) for _ in range(rows)])
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def some_rows(rng: random.Random, *lengths: int, holds: Sequence[int] = (0, VOCABULARY - 1)) -> list[list[int]]:
    """Rows, of which those that are long enough hold the ids that one likes to take for padding."""
    return [row(rng, length, holds if length > len(holds) + 1 else ()) for length in lengths]


def left_padded(rows: list[list[int]], pad: int) -> dict[str, torch.Tensor]:
    """``rows`` with padding before them, and a mask that knows it from the text."""
    width = max(map(len, rows))
    ids = [[pad] * (width - len(row)) + row for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}


class Ward:
    """The probes of one exercise. ``broken``: the calls that students find, by their patients."""

    def __init__(self, exercise: Exercise, broken: dict[str, Callable]) -> None:
        self.exercise, self.broken = exercise, broken

    def cause(self, patient: str) -> Probe:
        """The question for the cause."""
        return Probe(f"{patient}: the cause", rule=patient, patient=patient, asked="cause")

    def result(
        self,
        patient: str,
        name: str,
        make: Callable[[], dict[str, Any]],
        apart: str = "",
        hidden: bool = False,
        broken: bool = True,
    ) -> Probe:
        """The mended call on arguments of ``make`` for which the result of the broken call is a wrong one.

        ``apart``: names of mistakes whose results must be wrong ones, too, and differ from it. Without ``broken`` the
        broken call may be right.
        """
        args = self._drawn(patient, make, apart, broken)
        return Probe(f"{patient}: {name}", rule=patient, hidden=hidden, patient=patient, asked="result", **args)

    def manner(self, patient: str, make: Callable[[], dict[str, Any]], name: str = "", hidden: bool = False) -> Probe:
        """The mended call, of which is judged how it was done."""
        told = f"{patient}: {MANNER}{name and ', '}{name}"
        return Probe(told, rule="manner", hidden=hidden, patient=patient, asked="manner", **make())

    def _drawn(self, patient: str, make: Callable[[], dict[str, Any]], apart: str, broken: bool) -> dict[str, Any]:
        mistakes = {wrong.name: wrong.function for wrong in self.exercise.mistakes}
        calls = [self.exercise.alternatives[0](patient)[1], *[self.broken[patient]] * broken]
        calls += [mistakes[name](patient)[1] for name in apart.split()]
        while True:
            args = make()
            if _is_decided(calls[0], args) and len({_result(call, args) for call in calls}) == len(calls):
                return args


def _result(function: Callable, args: dict[str, Any]) -> str:
    asked = {"patient": "", "asked": "result", **args}
    value = run(lambda patient: ("", function), asked, Adapter.CLINIC).value
    return json.dumps(encode(value and value["result"]))


def _is_decided(function: Callable, args: dict[str, Any]) -> bool:
    """Whether no rounding can change which token is the best at any step."""
    real = {name: resolve(value) for name, value in args.items()}
    gaps = []

    def note(_module: Any, _args: Any, output: Any) -> None:
        best = output.logits[:, -1].topk(2).values
        gaps.append(float((best[:, 0] - best[:, 1]).min()))

    hook = real["model"].register_forward_hook(note)
    try:
        function(*real.values())
    finally:
        hook.remove()
    return min(gaps) > 0.01
