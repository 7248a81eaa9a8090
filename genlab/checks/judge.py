"""The verdict on a probe, from data alone: what was expected, what came, what probably went wrong.

Runs beside the student in the notebook and in a trusted process when a class is graded; it never calls
the student's code.
"""

from dataclasses import dataclass
from typing import Any

from genlab.checks.values import Wrong, decode, same, show

NOT_TOLD = "not told: run it and see, or think again"  # of a prediction; its hint teaches what is needed

UNWRITTEN = "not written yet"
RAISED = "it raised an error"


@dataclass(frozen=True)
class Verdict:
    """The result of one probe."""

    probe: str
    weight: float
    passed: bool
    given: str = ""  # the arguments, in words
    expected: str = ""
    got: str = ""
    reason: str = ""  # what differs
    hint: str = ""  # the likely cause, when the outcome is that of a known misconception
    notes: tuple[str, ...] = ()  # printed text, warnings


def judge(exercise: dict[str, Any], outcomes: list[dict[str, Any]]) -> list[Verdict]:
    """One verdict for each probe of ``exercise`` (the record that ``Exercise.record`` writes)."""
    probes = exercise["probes"]
    reasons = [differs(exercise, probe["expected"], outcome) for probe, outcome in zip(probes, outcomes, strict=True)]
    hint = likely_cause(exercise, outcomes, [reason is not None for reason in reasons])
    verdicts = []
    for probe, outcome, reason in zip(probes, outcomes, reasons, strict=True):
        if reason is None:
            verdicts.append(Verdict(probe["name"], probe["weight"], True))
            continue
        verdicts.append(
            Verdict(
                probe["name"],
                probe["weight"],
                False,
                given=", ".join(f"{name} = {show(decode(value))}" for name, value in probe["args"].items()),
                expected=NOT_TOLD if "sealed" in exercise["facets"] else describe(probe["expected"]),
                got=describe(outcome),
                reason=reason,
                hint=hint,
                notes=_notes(outcome),
            )
        )
    return verdicts


def differs(exercise: dict[str, Any], expected: dict[str, Any], outcome: dict[str, Any]) -> str | None:
    """None when ``outcome`` is the expected one, else what differs, in words."""
    if outcome["error"] and outcome["error"]["types"][0] == "NotImplementedError":
        return UNWRITTEN
    if expected["error"]:
        wanted = expected["error"]["types"][0]
        if not outcome["error"]:
            return f"this input must be refused with a {wanted}, and was accepted"
        if wanted not in outcome["error"]["types"]:
            return f"this input must be refused with a {wanted}"
        if not outcome["error"]["message"].strip():
            return f"the {wanted} says nothing: tell the caller what was wrong"
        return None
    if outcome["error"]:
        return RAISED
    want, got = decode(expected["value"]), decode(outcome["value"])
    if not same(want, got, exercise["tolerance"]):
        return _how_values_differ(want, got)
    if sorted(outcome["mutated"]) != sorted(expected["mutated"]):
        return f"the argument {', '.join(outcome['mutated'])} was changed in place; work on a copy"
    if "calls" in exercise["facets"]:
        want_calls, got_calls = ([c["shape"] for c in o["calls"]] for o in (expected, outcome))
        if want_calls != got_calls:
            return f"the model was called with shapes {_runs(got_calls)} instead of {_runs(want_calls)}"
    if "no_grad" in exercise["facets"]:
        grads_on = [any(call["grad"] for call in o["calls"]) for o in (expected, outcome)]
        if grads_on == [False, True]:
            return "the model ran with gradients on: wrap the call in torch.no_grad()"
    return None


def likely_cause(exercise: dict[str, Any], outcomes: list[dict[str, Any]], failed: list[bool]) -> str:
    """The hint of the known misconception whose outcomes these are, or an empty string.

    The first choice is a misconception that agrees on every probe; the next the one that agrees on most of the
    failed probes, if on at least half of them.
    """
    best, best_share = "", 0.0
    for misconception in exercise["misconceptions"]:
        agrees = [
            differs(exercise, theirs, outcome) is None
            for theirs, outcome in zip(misconception["outcomes"], outcomes, strict=True)
        ]
        share = sum(a for a, f in zip(agrees, failed, strict=True) if f) / max(1, sum(failed))
        share += all(agrees)  # a complete match beats any partial one
        if share >= 0.5 and share > best_share:
            best, best_share = misconception["hint"], share
    return best


def describe(outcome: dict[str, Any]) -> str:
    """An outcome in words: the value or the error."""
    if outcome["error"]:
        message = outcome["error"]["message"].strip()
        return outcome["error"]["types"][0] + (f": {message[:300]}" if message else "")
    return show(decode(outcome["value"]))


def _how_values_differ(want: Any, got: Any) -> str:
    if isinstance(got, Wrong):
        return f"the result is {got.description}, which is not the type asked for"
    if got is None and want is not None:
        return "the function returned None: is there a return?"
    if type(want) is not type(got) and not isinstance(want, (list, tuple)):
        return f"the result is of type {type(got).__name__}, not {type(want).__name__}"
    if hasattr(want, "shape") and want.shape != got.shape:
        return f"the shape is {list(got.shape)}, not {list(want.shape)}"
    if hasattr(want, "dtype") and want.dtype != got.dtype:
        return f"the dtype is {got.dtype}, not {want.dtype}"
    return "the values differ"


def _runs(shapes: list[list[int]]) -> str:
    """[[1, 5], [1, 1], [1, 1]] as "[1, 5], 2 x [1, 1]"."""
    parts: list[tuple[list[int], int]] = []
    for shape in shapes:
        if parts and parts[-1][0] == shape:
            parts[-1] = (shape, parts[-1][1] + 1)
        else:
            parts.append((shape, 1))
    text = ", ".join(f"{n} x {shape}" if n > 1 else str(shape) for shape, n in parts[:6])
    return (text or "none") + (", ..." if len(parts) > 6 else "")


def _notes(outcome: dict[str, Any]) -> tuple[str, ...]:
    notes = []
    if outcome["printed"].strip():
        notes.append(f"it printed: {outcome['printed'].strip()[:200]}")
    if outcome["warned"].strip():
        notes.append(f"it warned: {outcome['warned'].strip()[:300]}")
    return tuple(notes)


def score(verdicts: list[Verdict], points: float) -> float:
    """The share of the weighted probes that passed, in points; all of them give exactly ``points``."""
    if all(verdict.passed for verdict in verdicts):
        return float(points)
    total = sum(verdict.weight for verdict in verdicts)
    return round(points * sum(verdict.weight for verdict in verdicts if verdict.passed) / total, 2)


def report(name: str, verdicts: list[Verdict], show_inputs: bool = True, details: int = 2) -> str:
    """What a person reads: a line for each probe, and for the first ``details`` failures the whole story."""
    passed = sum(verdict.passed for verdict in verdicts)
    if passed == len(verdicts):
        return f"{name}: all {passed} probes passed."
    if all(verdict.reason == UNWRITTEN for verdict in verdicts if not verdict.passed):
        return f"{name}: not written yet. Replace the line that raises NotImplementedError."
    lines = [f"{name}: {passed} of {len(verdicts)} probes passed"]
    errors = set()
    for verdict in verdicts:
        lines.append(f"  {'ok  ' if verdict.passed else 'FAIL'}  {verdict.probe}")
        if verdict.passed or details <= 0:
            continue
        if verdict.reason == RAISED:
            if verdict.got in errors:
                lines[-1] += ": the same error"
                continue
            errors.add(verdict.got)
        details -= 1
        facts = [("why", verdict.reason)]
        if show_inputs:
            facts.append(("input", verdict.given))
        facts += [("expected", verdict.expected), ("got", verdict.got)]
        facts += [("note", note) for note in verdict.notes]
        lines += [f"        {label + ':':<10}{_indent(text)}" for label, text in facts]
    hint = next((verdict.hint for verdict in verdicts if verdict.hint), "")
    if hint:
        lines.append(f"Likely cause: {hint}")
    return "\n".join(lines)


def _indent(text: str) -> str:
    return text.replace("\n", "\n" + " " * 18)
