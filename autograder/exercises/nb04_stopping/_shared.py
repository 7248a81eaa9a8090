"""What the exercises of the notebook share: plain generation, models that recite, runs of real weights, words."""

import inspect
import random
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from autograder.exercises.inputs import BEGINS, TOKENIZER
from genlab.judging.values import Resource
from genlab.models import RESOURCES, ScriptedModel, probe_model

VOCABULARY, EOS = 2048, 2047  # of the storyteller's tokenizer
BEGIN = 2048  # the special token that ``BEGINS`` has, too
NAMES, PETS, MOODS = ("Lily", "Tom", "Sam", "Ben", "Anna"), ("cat", "dog", "bird", "fish"), ("happy", "sad", "big")
NEW = 10  # tokens that a model is asked for
UNUSED = 30  # an id that no model of 31 ids says
SILENT = 29  # what a model of 31 ids says when it has nothing to recite


def storyteller_tokenizer() -> PreTrainedTokenizerBase:
    """The bundled tokenizer."""
    return RESOURCES["tokenizer"]()


def generate(model, ids: torch.Tensor, **settings) -> Any:
    """Greedy ``model.generate`` without padding; ``use_cache=False`` makes its calls those of a plain loop."""
    defaults = {"attention_mask": torch.ones_like(ids), "pad_token_id": 0, "eos_token_id": None, "use_cache": False}
    with_gradients_as_they_are = inspect.unwrap(type(model).generate)  # without the library's no_grad
    with gradients(model):
        return with_gradients_as_they_are(model, ids, **defaults | settings)


def gradients(model: torch.nn.Module) -> torch.set_grad_enabled:
    """A context with gradients off for a probe model with ``gradients=False``, else with gradients on.

    A check objects to gradients only where the right answer has them off. So a forgotten ``no_grad`` breaks the rule
    about gradients and no other, and slips are recognized whether or not their author turned gradients off.
    """
    return torch.set_grad_enabled(getattr(model.config, "gradients", True))


def recite(line: list[int], eos: int | None = None, **settings) -> ScriptedModel:
    """A model that says ``line`` and nothing else."""
    return ScriptedModel([line], VOCABULARY, eos_token_id=eos, **settings)


def as_list(ids: int | list[int]) -> list[int]:
    """One id or several, as a list."""
    return [ids] if isinstance(ids, int) else list(ids)


def real_run(
    rng: random.Random, prompt: list[int] | None = None, rows: int = 1, width: int = 4, new: int = 4, size: int = 31
) -> tuple[Resource, torch.Tensor, list[list[int]]]:
    """A model with weights, to be run with gradients off, prompts, and what each row says.

    A row's new ids all differ, and are neither in its prompt nor the first or the last id of the vocabulary.
    Without ``prompt``, the prompts are random, [rows, width].
    """
    while True:
        seed = rng.randrange(1_000_000)
        tried = 1 if prompt else 64
        ids = torch.tensor([prompt or [rng.randrange(size) for _ in range(width)] for _ in range(tried)])
        limits = {"max_new_tokens": new, "output_logits": True, "return_dict_in_generate": True, "use_cache": True}
        out = generate(probe_model(seed, size, gradients=False), ids, **limits)
        best = torch.stack(out.logits).topk(2).values  # a decided row: no rounding can change which token is the best
        decided = (best[..., 0] - best[..., 1]).amin(0) > 0.05
        runs = [(row[: ids.shape[1]], row[ids.shape[1] :]) for row in out.sequences[decided].tolist()]
        good = [(given, said) for given, said in runs if len({*said} - {*given, 0, size - 1}) == new][:rows]
        if len(good) == rows:
            model = Resource("probe_model", seed=seed, vocab_size=size, gradients=False)
            return model, torch.tensor([given for given, _ in good]), [said for _, said in good]


def words(rng: random.Random) -> tuple[str, ...]:
    """Two different names, two different pets, a mood."""
    return *rng.sample(NAMES, 2), *rng.sample(PETS, 2), rng.choice(MOODS)


def reciter(
    *lines: list[int], prompt_length: int = 1, eos: int | None = EOS, tokenizer: Resource = TOKENIZER
) -> dict[str, object]:
    """First arguments of a probe: a model that recites ``lines``, the tokenizer, the lines' beginnings as prompts.

    ``eos``: the model's own end token.
    """
    size = VOCABULARY + (tokenizer is BEGINS)
    model = Resource("scripted_model", lines=list(lines), vocab_size=size, eos_token_id=eos)
    return {"model": model, "tokenizer": tokenizer, "input_ids": torch.tensor([line[:prompt_length] for line in lines])}
