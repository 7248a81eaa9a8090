"""How a probe's arguments reach the student's code, by name.

``call``: positionally, so that a student may rename parameters. ``keywords``: by name. ``collect``: positionally,
and the chunks of a generator become a list. ``stream``: the same, each chunk with the number of forward passes
made when it came. ``criterion``: a class of stopping criteria is built and used in ``model.generate``.
``each``: the first argument is a list, and the function is called once for each item of it, with the others.
"""

from collections.abc import Callable
from typing import Any

import torch
from transformers import StoppingCriteria


def _stream(function: Callable, args: dict[str, Any]) -> list[list[Any]]:
    """``[[forward passes so far, chunk], ...]`` of a generator without its empty chunks; ``args["model"]`` writes."""
    forwards = 0

    def count(*_: Any) -> None:
        nonlocal forwards
        forwards += 1

    hook = args["model"].register_forward_pre_hook(count)
    try:
        return [[forwards, chunk] for chunk in function(*args.values()) if chunk != ""]
    finally:
        hook.remove()


def _criterion(make: Callable, args: dict[str, Any]) -> dict[str, Any]:
    """What ``make(tokenizer, prompt_length, limit)`` answers at each step of a run, and the ids that come of it."""
    model, tokenizer, ids, limit, max_new_tokens = args.values()
    criterion = make(tokenizer, ids.shape[1], limit)
    answers = []

    def ask(input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> Any:
        answers.append(criterion(input_ids, scores, **kwargs))
        return answers[-1]

    sequences = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=max_new_tokens,
        pad_token_id=tokenizer.eos_token_id,
        stopping_criteria=[ask],
    )
    return {"is_criterion": isinstance(criterion, StoppingCriteria), "answers": answers, "sequences": sequences}


def _each(function: Callable, args: dict[str, Any]) -> list[Any]:
    """The result of ``function(item, *others)`` for each item of the first argument."""
    items, *others = args.values()
    return [function(item, *others) for item in items]


ADAPTERS: dict[str, Callable[[Callable, dict[str, Any]], Any]] = {
    "call": lambda function, args: function(*args.values()),
    "keywords": lambda function, args: function(**args),
    "collect": lambda function, args: list(function(*args.values())),
    "each": _each,
    "stream": _stream,
    "criterion": _criterion,
}
