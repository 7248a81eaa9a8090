"""Settings of a sampler that a function found, judged by what they give: the scores, not the numbers."""

from collections.abc import Callable
from typing import Any

import torch
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

STEPS: dict[str, Callable[[Any], Any]] = {  # by the names of notebook 03, in the library's order
    "penalty": lambda value: RepetitionPenaltyLogitsProcessor(float(value)),
    "T": lambda value: TemperatureLogitsWarper(float(value)),
    "k": lambda value: TopKLogitsWarper(value),
    "p": lambda value: TopPLogitsWarper(float(value)),
    "m": lambda value: MinPLogitsWarper(float(value)),
}


def scores_of(settings: dict[str, Any], raw: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """The library's scores [B, V] for the logits ``raw`` after ``ids``. Raises ValueError for a bad value."""
    scores = raw.clone()
    for name, step in STEPS.items():
        if name in settings:
            scores = step(settings[name])(ids, scores)
    return scores


def reproduced(function: Callable, args: dict[str, Any]) -> Any:
    """The names of the settings that ``function(raw, processed, ids)`` finds, and the scores that they give.

    A result that is no dictionary is returned as it is.
    """
    raw, _, ids = (value.clone() for value in args.values())
    settings = function(*args.values())
    if not isinstance(settings, dict):
        return settings
    names = sorted(map(str, settings), key=lambda name: (name not in STEPS, [*STEPS, name].index(name)))
    values = {name: v.item() if isinstance(v, torch.Tensor) and v.numel() == 1 else v for name, v in settings.items()}
    try:
        return {"settings": names, "scores": scores_of(values, raw, ids)}
    except (ValueError, TypeError) as error:
        return {"settings": names, "scores": f"no step takes these settings: {error}"}
