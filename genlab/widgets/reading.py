"""What a model reads and says: text to logits."""

from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class Reading:
    """One forward pass: ``ids`` of T tokens, ``logits`` ``[T, V]`` fp32 on the CPU, and a remark on what was read."""

    ids: list[int]
    logits: torch.Tensor
    remark: str = ""


def context_length(model: PreTrainedModel) -> int | None:
    """How many positions the model has, if its configuration says so."""
    return getattr(model.config, "max_position_embeddings", None)


def encode(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[list[int], str]:
    """Ids of ``text``, at least one, and a remark. Raises ValueError if the text is empty and there is no bos token."""
    ids = list(tokenizer(text, verbose=False)["input_ids"])
    if ids:
        return ids, ""
    if tokenizer.bos_token_id is None:
        raise ValueError("It is empty, and this model has no token that begins a text.")
    return [tokenizer.bos_token_id], f"No text: the model starts from {tokenizer.bos_token} alone."


def fit(model: PreTrainedModel, ids: list[int]) -> tuple[list[int], str]:
    """The last of ``ids``, as many as the model has positions for, and a remark if these are not all."""
    limit = context_length(model)
    if limit is None or len(ids) <= limit:
        return ids, ""
    remark = f"{len(ids):,} tokens are more than the model's {limit:,} positions: it reads the last {limit:,}."
    return ids[-limit:], remark


@torch.no_grad()
def forward(model: PreTrainedModel, ids: list[int]) -> torch.Tensor:
    """Logits ``[T, V]`` for one unpadded row, fp32 on the CPU. T is at most the model's context."""
    return model(torch.tensor([ids], device=model.device)).logits[0].float().cpu()


def read(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, text: str) -> Reading:
    """Read ``text`` in one forward pass; of a text longer than the context, its end. Raises as ``encode``."""
    ids, remark = encode(tokenizer, text)
    ids, cut = fit(model, ids)
    return Reading(ids, forward(model, ids), cut or remark)


def top(probabilities: np.ndarray, k: int) -> np.ndarray:
    """Ids of the k largest of ``[V]``, largest first, equal ones by id; all V if there are fewer than k."""
    k = min(k, len(probabilities))
    candidates = np.argpartition(-probabilities, k - 1)[:k]
    return candidates[np.lexsort((candidates, -probabilities[candidates]))]
