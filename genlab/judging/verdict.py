"""The verdict on a probe, from data alone: what was expected, what came, what probably went wrong.

Runs beside the student in the notebook and in a trusted process when a class is graded; it never calls
the student's code.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from genlab.judging.outcome import Call, Mistake, Outcome, Record
from genlab.judging.values import Wrong, same, show

NOT_TOLD = "not told: run it and see, or think again"  # of a prediction; its hint teaches what is needed

UNWRITTEN = "not written yet"
RAISED = "it raised an error"
PARTIAL = 0.5  # a mistake that agrees with this share of the failed probes is named as the likely cause


@dataclass(frozen=True)
class Verdict:
    """The result of one probe. Everything after ``passed`` is empty when it passed."""

    probe: str
    weight: float
    passed: bool
    given: str = ""  # the arguments, in words
    expected: str = ""
    got: str = ""
    reason: str = ""  # what differs
    cause: str = ""  # the name of the known mistake whose outcome this is
    hint: str = ""  # what that mistake's author needs to read
    notes: tuple[str, ...] = ()  # printed text, warnings


def judge(record: Record, outcomes: list[Outcome]) -> list[Verdict]:
    """One verdict for each probe of ``record``; ``outcomes`` stand in the same order."""
    reasons = [differs(record, probe.expected, o) for probe, o in zip(record.probes, outcomes, strict=True)]
    cause = likely_cause(record, outcomes, [reason is not None for reason in reasons])
    verdicts = []
    for probe, outcome, reason in zip(record.probes, outcomes, reasons, strict=True):
        if reason is None:
            verdicts.append(Verdict(probe.name, probe.weight, True))
            continue
        verdicts.append(
            Verdict(
                probe.name,
                probe.weight,
                False,
                given=", ".join(f"{name} = {show(value)}" for name, value in probe.args.items()),
                expected=NOT_TOLD if record.sealed else describe(probe.expected),
                got=describe(outcome),
                reason=reason,
                cause=cause.name if cause else "",
                hint=cause.hint if cause else "",
                notes=_notes(outcome),
            )
        )
    return verdicts


def differs(record: Record, expected: Outcome, outcome: Outcome) -> str | None:
    """None when ``outcome`` is the expected one, else what differs, in words."""
    if outcome.error and outcome.error.types[0] == "NotImplementedError":
        return UNWRITTEN
    if expected.error:
        wanted = expected.error.types[0]
        if not outcome.error:
            return f"this input must be refused with a {wanted}, and was accepted"
        if wanted not in outcome.error.types:
            return f"this input must be refused with a {wanted}"
        if not outcome.error.message.strip():
            return f"the {wanted} says nothing: tell the caller what was wrong"
        return None
    if outcome.error:
        return RAISED
    if not same(expected.value, outcome.value, record.tolerance):
        return _how_values_differ(expected.value, outcome.value)
    if sorted(outcome.mutated) != sorted(expected.mutated):
        return f"the argument {', '.join(outcome.mutated)} was changed in place; work on a copy"
    if record.calls and [call.shape for call in expected.calls] != [call.shape for call in outcome.calls]:
        return f"the model was called with shapes {_runs(outcome.calls)} instead of {_runs(expected.calls)}"
    if record.no_grad:
        grads_on = [any(call.grad for call in o.calls) for o in (expected, outcome)]
        if grads_on == [False, True]:
            return "the model ran with gradients on: wrap the call in torch.no_grad()"
    return None


def likely_cause(record: Record, outcomes: list[Outcome], failed: list[bool]) -> Mistake | None:
    """The known mistake whose outcomes these are, if there is one; None when nothing failed.

    The first choice is a mistake that agrees on every probe; the next the one that agrees on most of the failed probes,
    if on at least the share ``PARTIAL`` of them.
    """
    if not any(failed):
        return None
    best, best_share = None, 0.0
    for mistake in record.mistakes:
        agrees = [
            differs(record, theirs, outcome) is None for theirs, outcome in zip(mistake.outcomes, outcomes, strict=True)
        ]
        share = sum(a for a, f in zip(agrees, failed, strict=True) if f) / sum(failed)
        share += all(agrees)  # a complete match beats any partial one
        if share >= PARTIAL and share > best_share:
            best, best_share = mistake, share
    return best


def describe(outcome: Outcome) -> str:
    """An outcome in words: the value or the error."""
    if outcome.error:
        message = outcome.error.message.strip()
        return outcome.error.types[0] + (f": {message[:300]}" if message else "")
    return show(outcome.value)


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


def _runs(calls: tuple[Call, ...]) -> str:
    """Calls of shape [1, 5], [1, 1], [1, 1] as "[1, 5], 2 x [1, 1]"."""
    groups = [(list(shape), len(list(group))) for shape, group in groupby(calls, key=lambda call: call.shape)]
    text = ", ".join(f"{n} x {shape}" if n > 1 else str(shape) for shape, n in groups[:6])
    return (text or "none") + (", ..." if len(groups) > 6 else "")


def _notes(outcome: Outcome) -> tuple[str, ...]:
    printed, warned = outcome.printed.strip(), outcome.warned.strip()
    notes = [f"it printed: {printed[:200]}"] * bool(printed) + [f"it warned: {warned[:300]}"] * bool(warned)
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
