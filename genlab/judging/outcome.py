"""What everything about a check speaks of: the outcome of one call, and an exercise's record. One JSON codec for both.

A record holds inputs, expected outcomes and the outcomes of known mistakes, never a solution. It is what
``genlab/judging/data`` keeps for the visible checks and what a grading run makes of its own seed.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

from genlab.judging.adapters import Adapter
from genlab.judging.values import decode, encode

PRINTED = 2000  # characters of what a function printed or warned that are kept


@dataclass(frozen=True)
class Error:
    """An exception.

    ``types``: names of its classes, from most to least specific; at least one. ``own``: it was raised by the function's
    own code, not by a library that this called. ``line``: the line of its own code, as "line 3 of top_p: ...".
    """

    types: tuple[str, ...]
    message: str
    own: bool = False
    line: str = ""


@dataclass(frozen=True)
class Call:
    """One forward pass of a model: the shape of its ids, and whether gradients were on."""

    shape: tuple[int, ...]
    grad: bool


@dataclass(frozen=True)
class Outcome:
    """What came of one call of a function.

    ``value``: the result, None after an error. ``mutated``: names of arguments that the call changed. ``calls``:
    forward passes of the models among the arguments. ``printed``: stdout; ``warned``: stderr, warnings and logs.
    ``left``: what the call changed for everything that runs after it, in words.
    """

    value: Any = None
    error: Error | None = None
    mutated: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    printed: str = ""
    warned: str = ""
    left: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-serializable data, without what is empty: ``from_json`` gives the outcome back."""
        data: dict[str, Any] = {}
        if self.error:
            data["error"] = {"types": list(self.error.types), "message": self.error.message, "own": self.error.own}
            data["error"] |= {"line": self.error.line} if self.error.line else {}
        else:
            data["value"] = encode(self.value)
        if self.mutated:
            data["mutated"] = list(self.mutated)
        if self.left:
            data["left"] = list(self.left)
        if self.calls:
            data["calls"] = [{"shape": list(call.shape), "grad": call.grad} for call in self.calls]
        return data | {key: text for key in ("printed", "warned") if (text := getattr(self, key))}

    @classmethod
    def from_json(cls, data: Any) -> "Outcome":
        """The outcome that ``data`` describes. ``data`` may come from an untrusted kernel.

        Raises ValueError, TypeError, KeyError, IndexError, AttributeError or RuntimeError when it has another form.
        """
        error = data.get("error")
        if error is not None:
            types = tuple(_text(name, 100) for name in error["types"][:20])
            if not types:
                raise ValueError("an error without a type")
            error = Error(
                types, _text(error["message"], PRINTED), error.get("own") is True, _text(error.get("line", ""), 300)
            )
        return cls(
            value=None if error else decode(data.get("value")),
            error=error,
            mutated=tuple(_text(name, 100) for name in data.get("mutated", [])[:20]),
            calls=tuple(
                Call(tuple(int(n) for n in call["shape"][:8]), bool(call["grad"]))
                for call in data.get("calls", [])[:1000]
            ),
            printed=_text(data.get("printed", ""), PRINTED),
            warned=_text(data.get("warned", ""), PRINTED),
            left=tuple(_text(text, 300) for text in data.get("left", [])[:20]),
        )


@dataclass(frozen=True)
class Rule:
    """A sentence of an exercise's card: what the points are given for.

    ``text`` is what the student reads when a probe of the rule fails; ``weight`` is the rule's share of the points,
    relative to the other rules.
    """

    name: str
    text: str
    weight: float = 1.0


@dataclass(frozen=True)
class ProbeRecord:
    """One input with what is right for it. ``name`` is what the student reads; ``rule``: the name of the rule it tests.

    ``generate``: settings of ``model.generate``, where the visible check asks the library what is right.
    """

    name: str
    rule: str
    args: dict[str, Any]
    expected: Outcome
    generate: dict[str, Any] | None = None


@dataclass(frozen=True)
class Mistake:
    """A known mistake: its name, the hint for its author, its outcome on each probe."""

    name: str
    hint: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class Record:
    """All that judging an exercise needs, as data.

    ``tolerance``, ``exact_zeros``: see ``values.same``. ``forbids``: names of torch functions that an answer may not
    call, because the student writes them. ``calls``: the shapes of forward passes are judged; ``no_grad``: so is
    whether gradients were on; neither where no forward pass is expected. ``sealed``: what is right stands in the file
    in a form that a reader does not take in, and a report does not tell it.
    """

    name: str
    points: float
    rules: tuple[Rule, ...]
    probes: tuple[ProbeRecord, ...]
    mistakes: tuple[Mistake, ...] = ()
    tolerance: float = 0.0
    exact_zeros: bool = False
    forbids: tuple[str, ...] = ()
    calls: bool = False
    no_grad: bool = False
    sealed: bool = False
    adapter: Adapter = Adapter.CALL

    def rule(self, probe: ProbeRecord) -> Rule:
        """The rule that ``probe`` tests."""
        return next(rule for rule in self.rules if rule.name == probe.rule)

    def to_json(self) -> dict[str, Any]:
        """JSON-serializable data: ``from_json`` gives the record back."""
        return {
            "name": self.name,
            "points": self.points,
            "tolerance": self.tolerance,
            "exact_zeros": self.exact_zeros,
            "forbids": list(self.forbids),
            "calls": self.calls,
            "no_grad": self.no_grad,
            "sealed": self.sealed,
            "adapter": self.adapter.value,
            "rules": [{"name": rule.name, "text": rule.text, "weight": rule.weight} for rule in self.rules],
            "probes": [
                {
                    "name": probe.name,
                    "rule": probe.rule,
                    "args": {name: encode(value) for name, value in probe.args.items()},
                    "expected": probe.expected.to_json(),
                }
                | ({"generate": probe.generate} if probe.generate else {})
                for probe in self.probes
            ],
            "mistakes": [
                {
                    "name": mistake.name,
                    "hint": mistake.hint,
                    "outcomes": [outcome.to_json() for outcome in mistake.outcomes],
                }
                for mistake in self.mistakes
            ],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Record":
        """The record that ``to_json`` wrote."""
        options = {
            key: data[key] for key in ("name", "points", "tolerance", "exact_zeros", "calls", "no_grad", "sealed")
        }
        options["forbids"] = tuple(data["forbids"])
        probes = tuple(
            ProbeRecord(
                probe["name"],
                probe["rule"],
                {name: decode(value) for name, value in probe["args"].items()},
                Outcome.from_json(probe["expected"]),
                probe.get("generate"),
            )
            for probe in data["probes"]
        )
        mistakes = tuple(
            Mistake(m["name"], m["hint"], tuple(map(Outcome.from_json, m["outcomes"]))) for m in data["mistakes"]
        )
        rules = tuple(Rule(**rule) for rule in data["rules"])
        return cls(rules=rules, probes=probes, mistakes=mistakes, adapter=Adapter(data["adapter"]), **options)


def read(text: str) -> Record:
    """The record that a file of ``genlab/judging/data`` holds."""
    data = json.loads(text)
    if "sealed record" in data:
        data = json.loads(base64.b64decode(data["sealed record"]))
    return Record.from_json(data)


def sealed(record: Record) -> str:
    """The text of a file that ``read`` reads and a person does not: whoever opens it is not told the answers."""
    data = json.dumps(record.to_json(), ensure_ascii=False).encode("utf-8")
    return json.dumps({"sealed record": base64.b64encode(data).decode("ascii")}) + "\n"


def _text(value: Any, limit: int) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value[:limit]
