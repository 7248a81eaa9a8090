"""Library functions that are their own expectation: run when the check runs, right on every platform."""

from collections.abc import Callable

import torch


def sample(model, ids, n, seed, T, k, p, m, penalty, eos_id, pad_id) -> torch.Tensor:
    """``model.generate``, sampling, with the seed set right before the call: [B, T + at most n] ids.

    ``eos_id=None`` is for models that have no end token of their own. Raises ValueError where the course
    asks for it and the library fails later or in other words: rows of unequal length, an empty prompt, no room.
    """
    if len({len(row) for row in ids}) > 1:
        raise ValueError("the rows of the prompt have different lengths")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("the prompt is empty")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("prompt and new tokens do not fit into the context")
    torch.manual_seed(seed)
    return model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=n,
        do_sample=True,
        temperature=float(T),
        top_k=k,
        top_p=float(p),
        min_p=float(m),
        repetition_penalty=float(penalty),
        eos_token_id=eos_id,
        pad_token_id=pad_id,
    )


LIVE: dict[str, Callable] = {"sample": sample}
