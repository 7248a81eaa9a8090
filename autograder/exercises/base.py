"""How an exercise is declared. One module a notebook; one declaration an exercise; see ``tokenization.py``."""

import inspect
import random
from collections.abc import Callable, Iterable
from typing import Any

from genlab.checks.run import run
from genlab.checks.values import encode

PUBLIC_SEED = "public"


class Probe:
    """One input: a name that the student reads, a weight, and the arguments in order."""

    def __init__(self, name: str, *, weight: float = 1.0, **args: Any) -> None:
        self.name, self.weight, self.args = name, weight, args


class Exercise:
    """One exercise: probes, an oracle, misconceptions with their hints, other right implementations.

    ``name``: the function that the student writes; also the grade_id. ``points``: the maximum.
    ``tolerance``: see ``genlab.checks.values.same``; 0 compares exactly. ``facets``: what else is judged
    besides value, error and unmutated arguments: ``"calls"`` (shapes of the model's forward passes),
    ``"no_grad"``; or ``"sealed"``, for predictions: a report does not tell what was expected. ``adapter``:
    how the arguments are passed, see ``genlab.checks.adapters``. ``live``: the name of a library oracle in
    ``genlab.checks.live``, instead of ``@exercise.oracle``.

    The rest is declared with decorators. Of a misconception, the docstring is the hint for its author.
    """

    def __init__(
        self,
        name: str,
        points: float,
        *,
        tolerance: float = 0.0,
        facets: Iterable[str] = (),
        adapter: str = "call",
        live: str = "",
    ) -> None:
        self.name, self.points, self.tolerance = name, points, tolerance
        self.facets, self.adapter, self.live = tuple(facets), adapter, live
        self.misconceptions: list[Callable] = []
        self.alternatives: list[Callable] = []
        self._probes: Callable[[random.Random], list[Probe]] | None = None
        self._oracle: Callable | None = None

    def probes(self, function: Callable[[random.Random], list[Probe]]) -> Callable:
        """Decorate the function that makes the probes from a random generator, edge cases first."""
        self._probes = function
        return function

    def oracle(self, function: Callable) -> Callable:
        """Decorate the function whose outcomes are right: the library's, wherever it has one."""
        self._oracle = function
        return function

    def misconception(self, function: Callable) -> Callable:
        """Decorate a wrong implementation that people write; its docstring is the hint."""
        self.misconceptions.append(function)
        return function

    def alternative(self, function: Callable) -> Callable:
        """Decorate a different right implementation."""
        self.alternatives.append(function)
        return function

    def right(self) -> Callable:
        """The oracle, wherever it is declared."""
        if self.live:
            from genlab.checks.live import LIVE

            return LIVE[self.live]
        assert self._oracle is not None, f"{self.name} has no oracle"
        return self._oracle

    def record(self, seed: str = PUBLIC_SEED, hints: bool = True) -> dict[str, Any]:
        """Everything that judging needs, as JSON-serialisable data: the probes of ``seed`` with their outcomes.

        Without ``hints`` the misconceptions are left out: enough to tell right from wrong, and much quicker.
        """
        assert self._probes is not None, f"{self.name} has no probes"
        probes = self._probes(random.Random(f"{self.name} {seed}"))

        compared = ["value", "error", "mutated"] + ["calls"] * bool({"calls", "no_grad"} & set(self.facets))

        def outcomes(function: Callable) -> list[dict[str, Any]]:
            full = (run(function, probe.args, self.adapter) for probe in probes)
            return [{key: outcome[key] for key in compared} for outcome in full]

        return {
            "name": self.name,
            "points": self.points,
            "tolerance": self.tolerance,
            "facets": list(self.facets),
            "adapter": self.adapter,
            "live": self.live,
            "probes": [
                {
                    "name": probe.name,
                    "weight": probe.weight,
                    "args": {name: encode(value) for name, value in probe.args.items()},
                    "expected": expected,
                }
                for probe, expected in zip(probes, outcomes(self.right()), strict=True)
            ],
            "misconceptions": [
                {
                    "name": wrong.__name__,
                    "hint": " ".join((inspect.getdoc(wrong) or "").split()),
                    "outcomes": outcomes(wrong),
                }
                for wrong in self.misconceptions
                if hints
            ],
        }
