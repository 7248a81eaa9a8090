"""How a wrong outcome is like the right one, told from the two alone: the right values in another form, and the like.

What is said here holds for any exercise and is always true: it describes what came, and guesses nothing.
"""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from genlab.judging.outcome import Outcome, ProbeRecord
from genlab.judging.values import Wrong, encode, same, show

RICH = 24  # characters of JSON: no two different inputs give the same value of this length by chance
ROUNDED = range(1, 7)  # digits behind the point


def likeness(right: Outcome, outcome: Outcome, reason: str, tolerance: float) -> tuple[str, str]:
    """``(name, sentence)`` of what a wrong outcome is, two empty texts if nothing is known of it.

    ``reason``: what differs, as ``differences`` says it.
    """
    if right.error:
        return _refusal(right.error.types[0], outcome)
    if outcome.error:
        if outcome.error.types[0] == "NotAllowed":
            return "not_allowed", f"{outcome.error.message}."
        return "", ""
    if same(right.value, outcome.value, tolerance):
        if outcome.mutated:
            return "changes_an_argument", (
                f"The result is right, but the argument {' and '.join(outcome.mutated)} was changed, which belongs to "
                "the caller. Work on a copy: append, insert, +=, and methods of tensors that end in an underscore "
                "change what they are given, and float() copies nothing that is float32 already."
            )
        if reason.startswith(("the model", "gradients")):
            return "runs_otherwise", f"The result is right, but {reason}."
        return "", ""
    if outcome.value is None:
        return (
            "returns_nothing",
            "The function returned None: a return is missing, at its end or in one of its branches.",
        )
    pairs = _pairs(right.value, outcome.value)
    wrong = [pair for pair in pairs if not same(*pair, tolerance)]
    if not wrong:
        return "", ""
    for name, alike, sentence in FORMS:
        if all(alike(want, got, tolerance) for want, got in wrong):
            return name, sentence(*wrong[0])
    return _multiple(wrong, tolerance)


def answer_to_another(probes: Sequence[ProbeRecord], outcomes: Sequence[Outcome], place: int, tolerance: float) -> str:
    """A sentence, if the outcome at ``place`` is right for an earlier probe that has some of its arguments."""
    got, args = outcomes[place], {name: encode(value) for name, value in probes[place].args.items()}
    if got.error or len(json.dumps(encode(got.value))) < RICH:
        return ""
    for earlier in reversed(probes[:place]):
        others = {name: encode(value) for name, value in earlier.args.items()}
        differing = [name for name in args if args[name] != others.get(name)]
        if args.keys() != others.keys() or not 0 < len(differing) < len(args) or earlier.expected.error:
            continue
        if same(earlier.expected.value, got.value, tolerance):
            return (
                f"What came is right for an earlier probe ({earlier.name}), in which only {' and '.join(differing)} "
                "was another. So this is not looked at, or something is kept from call to call, in a dictionary, say, "
                "or in the default of a parameter."
            )
    return ""


def _refusal(wanted: str, outcome: Outcome) -> tuple[str, str]:
    """How an input that must be refused was refused, if it was not accepted."""
    if outcome.error is None:
        return "", ""
    came = outcome.error.types[0]
    if wanted in outcome.error.types or came in ("NotImplementedError", "TookTooLong", "NotAllowed"):
        return "", ""
    if outcome.error.own:
        return "refuses_with_another_error", (
            f"The input was refused, but with {_a(came)} instead of {_a(wanted)}: write "
            f"`if ...: raise {wanted}(...)`, with words that say what was wrong."
        )
    return "breaks_instead_of_refusing", (
        f"The input was not refused: the function went on with it and broke with {_a(came)}. Look at the arguments "
        f"before anything else, and raise {_a(wanted)} that says what is wrong."
    )


def _a(name: str) -> str:
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"


def _pairs(want: Any, got: Any) -> list[tuple[Any, Any]]:
    """What stands at the same places of two results, tensors and plain values; nothing if they are built otherwise."""
    if isinstance(want, (list, tuple)) and isinstance(got, (list, tuple)):
        if len(want) != len(got):
            return []
        parts = [_pairs(*both) for both in zip(want, got, strict=True)]
    elif isinstance(want, dict) and isinstance(got, dict):
        if list(want) != list(got):
            return []
        parts = [_pairs(want[key], got[key]) for key in want]
    else:
        return [(want, got)]
    return [] if not all(parts) else [pair for part in parts for pair in part]


def _tensors(want: Any, got: Any) -> bool:
    return isinstance(want, torch.Tensor) and isinstance(got, torch.Tensor)


def _floats(want: Any, got: Any) -> bool:
    """Two tensors of floats of the same kind and shape, or two floats."""
    if not _tensors(want, got):
        return isinstance(want, float) and isinstance(got, float)
    return want.is_floating_point() and want.dtype == got.dtype and want.shape == got.shape and want.numel() > 0


def _other_dtype(want: Any, got: Any, tolerance: float) -> bool:
    if not _tensors(want, got) or want.dtype == got.dtype:
        return False
    loose = max(tolerance, 1e-2) if got.dtype in (torch.float16, torch.bfloat16) else tolerance
    return same(want, got.to(want.dtype), loose)


def _other_shape(want: Any, got: Any, tolerance: float) -> bool:
    return (
        _tensors(want, got)
        and want.shape != got.shape
        and [n for n in want.shape if n != 1] == [n for n in got.shape if n != 1]
        and same(want, got.reshape(want.shape), tolerance)
    )


def _other_container(want: Any, got: Any, tolerance: float) -> bool:
    """A tensor of the right values as lists of numbers, or a number as a tensor of one element."""
    try:
        if isinstance(want, torch.Tensor) and isinstance(got, (list, tuple)):
            return same(want, torch.tensor(got, dtype=want.dtype), tolerance)
        if isinstance(got, torch.Tensor) and isinstance(want, (int, float)) and got.numel() == 1:
            return same(float(want), float(got.item()), tolerance)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return False
    return False


def _telling(values: torch.Tensor) -> bool:
    """Whether there are enough different numbers among ``values`` to tell what was done to them."""
    return values[values.isfinite()].unique().numel() > 2


def _mapped(function: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Any, Any, float], bool]:
    """Whether a tensor is ``function`` of the right one."""

    def alike(want: Any, got: Any, tolerance: float) -> bool:
        if not _tensors(want, got) or not _floats(want, got) or want.dim() == 0 or not _telling(got):
            return False
        return same(function(want.double()).float(), got.float(), max(tolerance, 1e-5))

    return alike


def _shifted(want: Any, got: Any, tolerance: float) -> bool:
    """Whether each row is the right one but for a number that was added to all of it."""
    if not _tensors(want, got) or not _floats(want, got) or want.dim() == 0:
        return False
    if not all(_telling(row) for row in want.reshape(-1, want.shape[-1])):
        return False
    finite = want.isfinite()
    if not torch.equal(finite, got.isfinite()) or not same(want[~finite], got[~finite], 0.0):
        return False
    apart = (got.double() - want.double()).masked_fill(~finite, math.nan)
    middle = apart.nanmean(-1, keepdim=True)
    return bool((apart - middle).nan_to_num(0).abs().max() <= max(tolerance, 1e-5) * (1 + want[finite].abs().max()))


def _rounded(want: Any, got: Any, tolerance: float) -> bool:
    if not _floats(want, got):
        return False
    one, other = (value if isinstance(value, torch.Tensor) else torch.tensor(value) for value in (want, got))
    return any(same(one.double().round(decimals=digits), other.double(), 1e-7) for digits in ROUNDED)


def _multiple(pairs: list[tuple[Any, Any]], tolerance: float) -> tuple[str, str]:
    """Whether all numbers are the right ones but for one and the same factor."""
    if not all(_floats(*pair) for pair in pairs):
        return "", ""
    want, got = (torch.cat([torch.as_tensor(pair[i]).double().reshape(-1) for pair in pairs]) for i in (0, 1))
    used = want.isfinite() & (want != 0)
    if not torch.equal(got[~used].nan_to_num(), want[~used].nan_to_num()) or int(used.sum()) < 2:
        return "", ""
    factors = got[used] / want[used]
    factor = factors.mean().item()
    if not math.isfinite(factor) or factor == 0 or not _telling(want):
        return "", ""
    if bool((factors / factor - 1).abs().max() > max(tolerance, 1e-5)):
        return "", ""
    return (
        f"times_{factor:.3g}",
        f"Every number is {factor:.5g} times the right one: a factor is missing, or one too many.",
    )


def _dtypes(want: Any, got: Any) -> str:
    wanted, came = (str(value.dtype).removeprefix("torch.") for value in (want, got))
    method = {"float32": "float()", "int64": "long()", "bool": "bool()"}.get(wanted, f"to(torch.{wanted})")
    return f"The values are right, but they are {came} and not {wanted}: convert them with .{method}."


# name, whether the two values are alike in this way, and the sentence about the first two
FORMS: list[tuple[str, Callable[[Any, Any, float], bool], Callable[[Any, Any], str]]] = [
    ("another_type", lambda want, got, _: isinstance(got, Wrong),
     lambda want, got: f"The result holds {_a(got.description)}, where {_a(type(want).__name__)} is asked for: "
     "convert it."),
    ("another_dtype", _other_dtype, _dtypes),
    ("another_shape", _other_shape,
     lambda want, got: f"The values are right, but their shape is {list(got.shape)} and not {list(want.shape)}: an "
     "axis of length 1 was dropped (by squeeze() or an index), or kept (by a slice, or keepdim=True)."),
    ("another_container", _other_container,
     lambda want, got: f"The values are right, but {_a(type(got).__name__)} came where "
     f"{_a(type(want).__name__)} is asked for: convert it."),
    ("after_softmax", _mapped(lambda x: x.softmax(-1)),
     lambda want, got: "The result is right but for a softmax at its end: these are probabilities. Leave it out."),
    ("after_log_softmax", _mapped(lambda x: x.log_softmax(-1)),
     lambda want, got: "The result is right but for a log_softmax at its end: the differences in a row are right, and "
     "the values are not. Leave it out."),
    ("logarithms", _mapped(torch.log),
     lambda want, got: "The result holds the natural logarithms of the right values."),
    ("exponentials", _mapped(torch.exp),
     lambda want, got: "The result is right but for exp() at its end."),
    ("other_sign", _mapped(torch.neg),
     lambda want, got: "The result is right but for its sign."),
    ("shifted", _shifted,
     lambda want, got: "The differences in each row are right, and the values are not: a number was added to all of a "
     "row, or subtracted. Leave that out."),
    ("rounded", _rounded,
     lambda want, got: f"The numbers were rounded ({show(got, 60)}). Round where you print, not where you compute."),
]  # fmt: skip
