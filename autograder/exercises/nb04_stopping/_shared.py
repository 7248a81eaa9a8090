"""What the exercises of the notebook share: plain generation, models that recite, runs that nothing stops, words."""

import random
from collections.abc import Callable, Iterable
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from autograder.exercises.inputs import TOKENIZER
from genlab.judging.values import Resource
from genlab.models import RESOURCES, ScriptedModel, probe_model

VOCABULARY, EOS = 2048, 2047  # of the storyteller's tokenizer
NEW = 10  # tokens that a probe model is asked for
NAMES, PETS, MOODS = ("Lily", "Tom", "Sam", "Ben", "Mia"), ("cat", "dog", "bird", "fish"), ("happy", "sad", "big")
UNUSED = 30  # the last id of a probe model's vocabulary; no run of `free_runs` says it


def storyteller_tokenizer() -> PreTrainedTokenizerBase:
    """The bundled tokenizer."""
    return RESOURCES["tokenizer"]()


def generate(model, ids: torch.Tensor, **settings) -> Any:
    """Greedy ``model.generate`` without padding; ``use_cache=False`` makes its calls those of a plain loop."""
    defaults = {"attention_mask": torch.ones_like(ids), "pad_token_id": 0, "eos_token_id": None, "use_cache": False}
    return model.generate(ids, **defaults | settings)


def recite(line: list[int], eos: int | None = None, **settings) -> ScriptedModel:
    """A model that says ``line`` and nothing else."""
    return ScriptedModel([line], VOCABULARY, eos_token_id=eos, **settings)


def first(ids: list[int], stops: Iterable[int]) -> int | None:
    """Index of the first element of ``ids`` that is one of ``stops``."""
    return next((i for i, token in enumerate(ids) if token in set(stops)), None)


def as_list(ids: int | list[int]) -> list[int]:
    """One id or several, as a list."""
    return [ids] if isinstance(ids, int) else list(ids)


def free_runs(
    rng: random.Random, wanted: Callable[[list, list], bool], rows: int = 1, width: int = 4
) -> tuple[Resource, torch.Tensor, list[list[int]]]:
    """A probe model, prompts [rows, width], and what each row says unstopped, such that ``wanted(prompts, said)``."""
    for _ in range(500):
        seed = rng.randrange(1_000_000)
        ids = torch.tensor([[rng.randrange(UNUSED) for _ in range(width)] for _ in range(128)])
        limits = {"max_new_tokens": NEW, "output_logits": True, "return_dict_in_generate": True, "use_cache": True}
        out = generate(probe_model(seed), ids, **limits)
        best = torch.stack(out.logits).topk(2).values  # a decided row: no rounding can change which token is the best
        decided = (best[..., 0] - best[..., 1]).amin(0) > 0.05
        decided &= (out.sequences[:, width:] != UNUSED).all(1)
        usable = out.sequences[decided].tolist()
        for start in range(0, len(usable) - rows + 1, rows):
            group = usable[start : start + rows]
            prompts, said = [row[:width] for row in group], [row[width:] for row in group]
            if wanted(prompts, said):
                return Resource("probe_model", seed=seed), torch.tensor(prompts), said
    raise AssertionError("no model says what this probe needs")


def words(rng: random.Random) -> tuple[str, ...]:
    """Two different names, two different pets, a mood."""
    return *rng.sample(NAMES, 2), *rng.sample(PETS, 2), rng.choice(MOODS)


def recital(prompt_length: int, *texts: str, end: bool = False) -> dict[str, object]:
    """First arguments of a probe: a model that recites ``texts`` (with ``end``: each with eos), tokenizer, prompts."""
    lines = [storyteller_tokenizer().encode(text) + [EOS] * end for text in texts]
    model = Resource("scripted_model", lines=lines, vocab_size=VOCABULARY, eos_token_id=EOS)
    return {"model": model, "tokenizer": TOKENIZER, "input_ids": torch.tensor([line[:prompt_length] for line in lines])}
