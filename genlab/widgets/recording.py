"""A run of ``model.generate`` kept step by step: what each row could have said, what it said, and why it stopped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.generation import StoppingCriteria, StopStringCriteria

from genlab.plots.labels import Pieces
from genlab.widgets.before_after import BeforeAfter
from genlab.widgets.reading import context_length, encode, top


@dataclass(frozen=True)
class Moment:
    """One step of one row: the token it took, the ids that get bars, where the token is among them, the bars."""

    token: int
    shown: list[int]
    chosen: int
    bars: BeforeAfter


@dataclass(frozen=True)
class Row:
    """One row: its prompt, a moment for each token it generated (not for the pads after it), and why it stopped."""

    prompt: list[int]
    moments: list[Moment]
    reason: str


class _Noted(StoppingCriteria):
    """A stopping criterion that keeps its answers: ``done`` has a list of B truth values for each step."""

    def __init__(self, inner: StoppingCriteria, name: str):
        self.inner, self.name, self.done = inner, name, []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        done = self.inner(input_ids, scores, **kwargs)
        self.done.append(done.tolist())
        return done


def _padded(rows: list[list[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(map(len, rows))
    ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    return ids, mask


def _prompts(
    tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, texts: Sequence[str], n: int
) -> tuple[list[list[int]], str]:
    """Ids of each prompt, cut on the left where prompt and n new tokens would not fit; and a remark on that."""
    rows = [encode(tokenizer, text)[0] for text in texts]
    limit = context_length(model)
    if limit is None:
        return rows, ""
    if n >= limit:
        raise ValueError(f"max_new_tokens={n} leaves no room for a prompt in {limit} positions")
    cut = sum(len(row) > limit - n for row in rows)
    remark = f"{cut} of {len(rows)} prompts lost their beginning: prompt and answer must fit {limit} positions."
    return [row[-(limit - n) :] for row in rows], remark if cut else ""


def _why(step: int, row: int, token: int, ends: set[int], noted: list[_Noted], pieces: Pieces) -> str:
    """Why ``row`` ends with ``token`` at ``step``; empty if it goes on."""
    reasons = [f"end token {pieces.label(token)}"] if token in ends else []
    reasons += [criterion.name for criterion in noted if step < len(criterion.done) and criterion.done[step][row]]
    return " and ".join(reasons)


@torch.no_grad()
def record(
    tokenizer: PreTrainedTokenizerBase,
    model: PreTrainedModel,
    prompts: Sequence[str],
    max_new_tokens: int = 24,
    seed: int = 0,
    stop_strings: str | Sequence[str] = (),
    shown: int = 10,
    **settings: Any,
) -> tuple[list[Row], str]:
    """Run ``model.generate`` once on a left-padded batch; returns the rows and a remark.

    ``settings`` go to ``generate``, sampling over the whole vocabulary (``do_sample=True, top_k=0``) where they do not
    say otherwise. The global random state is left as it was. Raises ValueError for no prompts, for beams (whose
    scores belong to no row) and as ``generate`` does.
    """
    if not prompts:
        raise ValueError("at least one prompt is needed")
    if settings.get("num_beams", 1) != 1:
        raise ValueError("beam search has no distribution for each row: use num_beams=1")
    pieces = Pieces(tokenizer)
    rows, remark = _prompts(tokenizer, model, prompts, max_new_tokens)
    ends = settings.get("eos_token_id", model.generation_config.eos_token_id)
    ends = {ends} if isinstance(ends, int) else set(ends or ())
    pad = next((i for i in (tokenizer.pad_token_id, tokenizer.eos_token_id) if i is not None), 0)
    ids, mask = _padded(rows, pad)
    strings = [stop_strings] if isinstance(stop_strings, str) else list(stop_strings)
    noted = [_Noted(StopStringCriteria(tokenizer, [s]), f"stop string {s!r}") for s in strings]
    noted += [_Noted(criterion, type(criterion).__name__) for criterion in settings.pop("stopping_criteria", ())]
    with torch.random.fork_rng(devices=[model.device] if model.device.type == "cuda" else []):
        torch.manual_seed(seed)
        output = model.generate(
            ids.to(model.device),
            **{"do_sample": True, "top_k": 0} | settings,
            attention_mask=mask.to(model.device),
            max_new_tokens=max_new_tokens,
            pad_token_id=pad,
            stopping_criteria=noted,
            return_dict_in_generate=True,
            output_logits=True,
            output_scores=True,
        )
    new = output.sequences[:, ids.shape[1] :].tolist()
    result = []
    for r, prompt in enumerate(rows):
        moments, reason = [], ""
        for step, token in enumerate(new[r]):
            moments.append(_moment(output.logits[step][r], output.scores[step][r], token, shown))
            reason = _why(step, r, token, ends, noted, pieces)
            if reason:
                break
        result.append(Row(prompt, moments, reason or f"max_new_tokens={max_new_tokens} reached"))
    return result, remark


def _moment(logits: torch.Tensor, scores: torch.Tensor, token: int, shown: int) -> Moment:
    base = logits.float().softmax(-1).cpu().numpy()
    final = scores.float().softmax(-1).cpu().numpy()
    ids = [int(i) for i in top(base, shown)]
    if token not in ids:
        ids[-1] = token
    return Moment(token, ids, ids.index(token), BeforeAfter.of(base, final, np.array(ids)))
