"""What differs between the outcome that is right and the one that came, in words that say where."""

import math
from itertools import groupby
from typing import Any

import torch

from genlab.judging.outcome import Call, Outcome, Record
from genlab.judging.values import Wrong, same, show

UNWRITTEN = "not written yet"
RAISED = "it raised an error"


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
        if record.calls and len(outcome.calls) > len(expected.calls):
            return f"it was refused only after {len(outcome.calls)} forward passes: refuse it before the first"
        return None
    if outcome.error:
        return RAISED
    if not same(expected.value, outcome.value, record.tolerance):
        return values_differ(expected.value, outcome.value, record.tolerance)
    if not same(expected.value, outcome.value, record.tolerance, record.exact_zeros):
        return "what must be exactly 0 is a small number"
    if sorted(outcome.mutated) != sorted(expected.mutated):
        return f"the argument {', '.join(outcome.mutated)} was changed in place; work on a copy"
    return _runs_differ(record, expected.calls, outcome)


def _runs_differ(record: Record, expected: tuple[Call, ...], outcome: Outcome) -> str | None:
    """What differs in how the model ran; where no forward pass is expected, none is judged."""
    if record.calls and expected and [call.shape for call in expected] != [call.shape for call in outcome.calls]:
        return f"the model was called with shapes {_runs(outcome.calls)} instead of {_runs(expected)}"
    if record.no_grad:
        grads_on = [any(call.grad for call in calls) for calls in (expected, outcome.calls)]
        if expected and grads_on == [False, True]:
            return "the model ran with gradients on: wrap the call in torch.no_grad()"
        if any("gradients" in change for change in outcome.left):
            return "gradients stay switched off for everything that runs later: use `with torch.no_grad():`"
    return None


def values_differ(want: Any, got: Any, tolerance: float, place: str = "result") -> str:
    """Where and how ``got`` differs from ``want``: the first place, with both values if they are short.

    ``place``: the value's own place, as Python says it ("result[1]").
    """
    the = "the result" if place == "result" else place
    if isinstance(got, Wrong):
        return f"{the} is {got.description}, which is not the type asked for"
    if got is None and want is not None:
        return "the function returned None: is there a return?" if place == "result" else f"{place} is None"
    if isinstance(want, (list, tuple)) and isinstance(got, (list, tuple)):
        if len(want) != len(got):
            return f"{the} has {_elements(len(got))}, not {len(want)}"
        first = next(i for i, (w, g) in enumerate(zip(want, got, strict=True)) if not same(w, g, tolerance))
        return values_differ(want[first], got[first], tolerance, f"{place}[{first}]")
    if type(want) is not type(got):
        return f"{the} is of type {type(got).__name__}, not {type(want).__name__}"
    if isinstance(want, dict):
        if list(want) != list(got):
            return f"{the} has the keys {list(got)}, not {list(want)}"
        key = next(key for key in want if not same(want[key], got[key], tolerance))
        return values_differ(want[key], got[key], tolerance, f"{place}[{key!r}]")
    if isinstance(want, torch.Tensor):
        return _tensors_differ(want, got, tolerance, place)
    if isinstance(want, str) and min(len(want), len(got)) > 20:
        first = next((i for i, (w, g) in enumerate(zip(want, got, strict=False)) if w != g), min(len(want), len(got)))
        return f"{the} differs from character {first} on: {got[first : first + 20]!r}, not {want[first : first + 20]!r}"
    left, right = apart(got, want)
    return "the values differ" if place == "result" else f"{place} is {left}, not {right}"


def _tensors_differ(want: torch.Tensor, got: torch.Tensor, tolerance: float, place: str) -> str:
    the = "the result" if place == "result" else place
    if want.shape != got.shape:
        return f"the shape of {the} is {list(got.shape)}, not {list(want.shape)}"
    if want.dtype != got.dtype:
        return f"the dtype of {the} is {str(got.dtype)[6:]}, not {str(want.dtype)[6:]}"
    if want.is_floating_point():
        wrong = ~torch.isclose(got.double(), want.double(), rtol=tolerance, atol=tolerance, equal_nan=True)
    else:
        wrong = want != got
    first = wrong.nonzero()[0].tolist()
    left, right = apart(got[tuple(first)].item(), want[tuple(first)].item())
    count = int(wrong.sum())
    others = f", and {count - 1} more of {want.numel()} differ" if count > 1 else ""
    return f"{place}{first if first else ''} is {left}, not {right}{others}"


def apart(left: Any, right: Any) -> tuple[str, str]:
    """Two different values in words that differ, too: floats with as many digits as it takes."""
    if isinstance(left, float) and isinstance(right, float) and math.isfinite(left) and math.isfinite(right):
        for digits in range(5, 18):
            texts = f"{left:.{digits}g}", f"{right:.{digits}g}"
            if texts[0] != texts[1]:
                return texts
    return show(left, 80), show(right, 80)


def _elements(number: int) -> str:
    return f"{number} element" + "s" * (number != 1)


def _runs(calls: tuple[Call, ...]) -> str:
    """Calls of shape [1, 5], [1, 1], [1, 1] as "[1, 5], 2 x [1, 1]"."""
    groups = [(list(shape), len(list(group))) for shape, group in groupby(calls, key=lambda call: call.shape)]
    text = ", ".join(f"{n} x {shape}" if n > 1 else str(shape) for shape, n in groups[:6])
    return (text or "none") + (", ..." if len(groups) > 6 else "")
