"""Calls of ``generate`` on a model with little memory: what comes of them, and in how many calls.

For exercises in which a batch that does not fit is made smaller.
"""

from collections.abc import Callable
from typing import Any

import torch

SIGNS = ("out of memory", "can't allocate memory", "not enough memory")  # CUDA and others; Linux; Windows


def out_of_memory(error: BaseException) -> bool:
    """Whether PyTorch says with this error that memory ran out; on a CPU it has no type of its own for that."""
    if not isinstance(error, RuntimeError):
        return False
    return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error).lower() for sign in SIGNS)


def rationed(function: Callable, args: dict[str, Any]) -> dict[str, Any]:
    """What ``function(model, input_ids, attention_mask, **settings)`` gives, of the kinds that ``asked`` names.

    ``args``: model, input_ids, attention_mask, settings, asked. Kinds: ``ids``; ``rows``, whether batches became
    no smaller, and calls no more, than by halving; ``raised``; ``calls``.
    """
    model, input_ids, attention_mask, settings, asked = args.values()
    generate, calls = model.generate, list[tuple[int, bool]]()

    def counted(*given: Any, **named: Any) -> Any:
        ids = named.get("input_ids", given[0] if given else None)
        if ids is None:
            ids = named.get("inputs")
        calls.append((0 if ids is None else len(ids), False))
        result = generate(*given, **named)
        calls[-1] = (calls[-1][0], True)
        return result

    model.generate = counted
    result, raised = None, "nothing"
    try:
        result = function(model, input_ids, attention_mask, **settings)
    except BaseException as error:
        if "raised" not in asked:
            raise
        raised = "out of memory" if out_of_memory(error) else f"{type(error).__name__}: {error}"
    facts: dict[str, Any] = {"ids": result, "raised": raised, "calls": len(calls)}
    if "rows" in asked:
        columns = input_ids.shape[1] + settings["max_new_tokens"] - 1
        facts["rows"] = _thrift(calls, len(input_ids), model.room // columns)
    return {kind: facts[kind] for kind in asked}


def _thrift(calls: list[tuple[int, bool]], rows: int, fit: int) -> str:
    """Whether these calls, (rows, worked), are what halving needs, where so many rows fit at once."""
    worked = [count for count, well in calls if well]
    if 2 * max(worked, default=0) < min(fit, rows):
        return "batches are smaller than they need to be"
    if len(calls) - len(worked) > _failures(rows, fit):
        return "more calls run out of memory than by halving"
    return "as by halving"


def _failures(rows: int, fit: int) -> int:
    """How many calls fail where a batch that does not fit is cut in halves, and these again."""
    return 0 if rows <= max(fit, 1) else 1 + _failures(rows // 2, fit) + _failures(rows - rows // 2, fit)
