"""Loops of a reader's own beside those of the library: what is compared of a run, and what the library does today.

For exercises in which ``model.generate``, or the loop inside of it, is written anew.
"""

import functools
from collections.abc import Callable
from typing import Any

import torch
from transformers import EosTokenCriteria, LogitsProcessorList, StoppingCriteriaList, StopStringCriteria

from genlab.judging.alone import alone

FORM = "as asked for"


def looped(loop: Callable, args: dict[str, Any]) -> Any:
    """What is compared of ``model.generate(..., custom_generate=loop)``; ``loop`` calls no loop of the library."""
    return _looped(functools.partial(alone, loop), *args.values())


def rebuilt(function: Callable, args: dict[str, Any]) -> Any:
    """What is compared of ``function``, which stands for ``model.generate`` and calls no loop of the library."""
    return _rebuilt(functools.partial(alone, function), *args.values())


def of_the_library(kind: str, *args: Any) -> Any:
    """What is compared of the library's own loop ("looped"), or of ``model.generate`` ("rebuilt")."""
    return _looped(_library_loop, *args) if kind == "looped" else _rebuilt(library, *args)


def _looped(
    loop: Callable, model: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor, settings: dict[str, Any]
) -> Any:
    """``loop`` as the loop inside of ``model.generate``: ids, and what the processors made of the scores."""
    settings, kept = dict(settings), list[torch.Tensor]()

    def keep(_: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        kept.append(scores.clone())
        return scores

    def watched(model: Any, input_ids: torch.Tensor, logits_processor: LogitsProcessorList, **others: Any) -> Any:
        return loop(model, input_ids, logits_processor=LogitsProcessorList([*logits_processor, keep]), **others)

    torch.manual_seed(settings.pop("seed", 0))
    ids = model.generate(input_ids, attention_mask=attention_mask, custom_generate=watched, **settings)
    if not isinstance(ids, torch.Tensor):
        return ids
    scores = torch.stack(kept) if kept else torch.empty(0, *input_ids.shape[:1], model.config.vocab_size)
    return compared({"sequences": ids, "scores": scores}, model, input_ids, settings)


def _rebuilt(
    function: Callable, model: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor, settings: dict[str, Any]
) -> Any:
    """``function(model, input_ids, attention_mask, **settings)`` in place of ``model.generate``, under a seed."""
    settings = dict(settings)
    torch.manual_seed(settings.pop("seed", 0))
    return compared(function(model, input_ids, attention_mask, **settings), model, input_ids, settings)


def library(model: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor, **settings: Any) -> dict[str, Any]:
    """Sequences, and processed scores [n, B, V], of ``model.generate``."""
    asked = {"output_scores": True, "return_dict_in_generate": True}
    out = model.generate(input_ids, attention_mask=attention_mask, **settings, **asked)
    return {"sequences": out.sequences, "scores": torch.stack(out.scores)}


def _library_loop(model: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
    """The library's own loop, as a loop that is handed to it."""
    return model._sample(*args, **kwargs)


def compared(result: Any, model: Any, input_ids: torch.Tensor, settings: dict[str, Any]) -> Any:
    """Of sequences and scores [n, B, V] what a check compares: ids, and of each row that had not ended its scores.

    Two numbers stand for a row of scores: how many tokens are ``left`` to choose from, and the ``total`` (logsumexp).
    What has another form is named, or returned as it is.
    """
    if not isinstance(result, dict):
        return result
    if form := other_form(result, input_ids.shape[1], model.config.vocab_size):
        return {"form": form, "sequences": None, "left": None, "total": None}
    ids, scores = result.values()
    alive = live_rows(ids, input_ids.shape[1], model, settings)
    scores = scores.detach()
    return {
        "form": FORM,
        "sequences": ids,
        "left": scores.isfinite().sum(-1) * alive,
        "total": torch.where(alive, scores.logsumexp(-1), 0.0),
    }


def other_form(result: dict[str, Any], width: int, vocabulary: int) -> str:
    """What of ``result`` has another form than asked for, in words; nothing if all is. ``width``: of the prompts."""
    if list(result) != ["sequences", "scores"]:
        return f"the keys are {list(result)}"
    ids, scores = result.values()
    if not (isinstance(ids, torch.Tensor) and ids.dtype == torch.int64 and ids.dim() == 2):
        return "sequences are not int64 ids [B, T]"
    expected = [max(0, ids.shape[1] - width), len(ids), vocabulary]
    if isinstance(scores, torch.Tensor) and scores.dtype == torch.float32 and list(scores.shape) == expected:
        return ""
    shape = f"{scores.dtype} {list(scores.shape)}" if isinstance(scores, torch.Tensor) else type(scores).__name__
    return f"scores are {shape}, where the sequences ask for float32 {expected}"


def live_rows(ids: torch.Tensor, start: int, model: Any, settings: dict[str, Any]) -> torch.Tensor:
    """Which rows had not ended before each new token: bool [n, B]. What ends a row is asked of the library's brakes."""
    brakes = StoppingCriteriaList()
    ends = settings.get("eos_token_id", model.generation_config.eos_token_id)
    if ends is not None:
        brakes.append(EosTokenCriteria(ends))
    if settings.get("stop_strings"):
        brakes.append(StopStringCriteria(settings["tokenizer"], settings["stop_strings"]))
    alive, rows = torch.ones(len(ids), dtype=torch.bool), []
    for end in range(start + 1, ids.shape[1] + 1):
        rows.append(alive)
        if brakes:
            alive = alive & ~brakes(ids[:, :end], None)
    return torch.stack(rows) if rows else torch.empty(0, len(ids), dtype=torch.bool)
