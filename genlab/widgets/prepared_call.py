"""A call of ``model.generate`` up to the point where it would run the model: what the library has made of it by then.

The library itself does the work: it is called with a decoding method of our own (``custom_generate=``) that notes what
it is given and generates nothing. This takes a millisecond, whatever the model.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from transformers import GenerationConfig, PreTrainedModel
from transformers.generation import LogitsProcessor

from genlab.library_messages import Message, heard
from genlab.widgets.before_after import BeforeAfter
from genlab.widgets.reading import top

SETTINGS = (
    "do_sample",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "repetition_penalty",
    "max_new_tokens",
    "max_length",
    "num_beams",
)
ORIGINS = {"C": "call", "R": "repository", "D": "default"}  # the first that says something decides
VALUES = ("temperature", "top_k", "top_p", "min_p", "penalty")  # what a processor may hold


def with_repository(model: PreTrainedModel, settings: Mapping[str, Any] | None) -> PreTrainedModel:
    """``model``, its weights shared, as if its repository had these ``settings`` and its own special tokens.

    None keeps the configuration that it has. ``model`` itself is not changed.
    """
    own = model.generation_config
    tokens = {name: getattr(own, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    other = copy.copy(model)
    other.generation_config = copy.deepcopy(own) if settings is None else GenerationConfig(**tokens, **settings)
    return other


@dataclass(frozen=True)
class Setting:
    """One setting: what call, repository and library say (None: nothing), the value that stands, and whose it is.

    ``counts`` is false for a ``max_length`` beside a ``max_new_tokens``, which takes its place.
    """

    name: str
    sources: dict[str, Any]
    value: Any
    origin: str
    counts: bool = True


def merge(model: PreTrainedModel, call: Mapping[str, Any]) -> list[Setting]:
    """The settings that ``model.generate`` works with, before it turns lengths into a number of ids."""
    repository, default = model.generation_config, GenerationConfig._get_default_generation_params()
    settings = []
    for name in SETTINGS:
        sources = {"C": call.get(name), "R": getattr(repository, name), "D": default.get(name)}
        origin = "C" if name in call else "R" if sources["R"] is not None else "D"
        settings.append(Setting(name, sources, sources[origin], origin))
    limited = any(setting.name == "max_new_tokens" and setting.value is not None for setting in settings)
    return [replace(setting, counts=not (limited and setting.name == "max_length")) for setting in settings]


def described(processor: LogitsProcessor) -> str:
    """A processor as it would be written: ``TopKLogitsWarper(top_k=50)``."""
    values = [f"{name}={getattr(processor, name)!r}" for name in VALUES if hasattr(processor, name)]
    return f"{type(processor).__name__}({', '.join(values)})"


@dataclass(frozen=True)
class NextStep:
    """The step after the prompt: tokens that each processor leaves, ids that get bars, which is taken for sure, bars.

    ``taken`` is a row of the bars; None where tokens are drawn, and in a beam search, which takes several.
    """

    left: list[int]
    shown: list[int]
    taken: int | None
    bars: BeforeAfter

    @classmethod
    def of(cls, given: "Given", ids: torch.Tensor, logits: torch.Tensor, shown: int) -> "NextStep":
        """Apply the processors to ``logits`` ``[1, V]``. The ``shown`` likeliest tokens, before or after, get bars."""
        scores = logits.log_softmax(-1) if given.beams else logits  # a beam search adds log probabilities up
        left = []
        for processor in given.processors:
            scores = processor(ids, scores)
            left.append(int((~scores.isneginf()).sum()))
        base, final = (it[0].softmax(-1).numpy() for it in (logits, scores))
        rows = top(np.maximum(base, final), shown)
        rows = rows[np.argsort(-base[rows], kind="stable")]
        best = int(scores[0].argmax())
        taken = rows.tolist().index(best) if given.mode == "greedy_search" else None
        return cls(left, rows.tolist(), taken, BeforeAfter.of(base, final, rows))


@dataclass(frozen=True)
class Given:
    """What the library gives a decoding method: its mode, processors in their order, and when it must stop."""

    mode: str
    beams: int
    processors: list[LogitsProcessor]
    max_length: int


@dataclass(frozen=True)
class PreparedCall:
    """A call, the settings it amounts to, what the library said, and what was ``given``: None if it raised."""

    call: dict[str, Any]
    settings: list[Setting]
    messages: list[Message]
    given: Given | None

    @classmethod
    def of(cls, model: PreTrainedModel, call: Mapping[str, Any], ids: torch.Tensor) -> "PreparedCall":
        """Let the library prepare ``model.generate(ids, **call)``; it runs no model and changes nothing."""
        given: list[Given] = []

        def note(model, input_ids, logits_processor, stopping_criteria, generation_config, **_: Any) -> torch.Tensor:
            mode, beams = generation_config.get_generation_mode().value, generation_config.num_beams
            given.append(Given(mode, beams if beams > 1 else 0, list(logits_processor), generation_config.max_length))
            return input_ids

        error = []
        with heard() as messages:
            try:
                model.generate(ids, attention_mask=torch.ones_like(ids), custom_generate=note, **call)
            except Exception as raised:  # whatever it is, it is what the reader would get
                error = [Message(type(raised).__name__, str(raised), is_error=True)]
        said = [*dict.fromkeys(messages), *error]
        return cls(dict(call), merge(model, call), said, given[0] if given else None)

    def written(self) -> str:
        """The call as code."""
        arguments = ["**inputs", *(f"{name}={value!r}" for name, value in self.call.items())]
        return f"model.generate({', '.join(arguments)})"
