"""Exercises of ``02_forward_step``."""

import math
import random

import torch
import torch.nn.functional as F
from transformers.loss.loss_utils import ForCausalLMLoss

from autograder.exercises.base import Exercise, Probe
from genlab.checks.values import Resource


def _model(rng: random.Random, **settings: int) -> Resource:
    """A probe model of its own for each probe: 31 tokens unless told otherwise."""
    return Resource("probe_model", seed=rng.randrange(10**6), **settings)


def _ids(rng: random.Random, rows: int, width: int, vocab_size: int = 31) -> torch.Tensor:
    """Random ids of shape [rows, width] in which no two rows are equal."""
    while True:
        ids = torch.tensor([[rng.randrange(vocab_size) for _ in range(width)] for _ in range(rows)])
        if len(ids.unique(dim=0)) == rows:
            return ids


def _logits(rng: random.Random, *shape: int, scale: float = 3.0) -> torch.Tensor:
    """Normally distributed float32 logits of ``shape``."""
    return torch.tensor([rng.gauss(0, scale) for _ in range(math.prod(shape))]).reshape(shape)


# 1 ------------------------------------------------------------------------------------------------------------

next_token_logits = Exercise("next_token_logits", points=2, tolerance=1e-5, facets=["no_grad"])


@next_token_logits.probes
def _(rng: random.Random) -> list[Probe]:
    return [
        Probe("one row of one token", model=_model(rng), input_ids=_ids(rng, 1, 1)),
        Probe("one row", model=_model(rng), input_ids=_ids(rng, 1, 6)),
        Probe("as many rows as positions", model=_model(rng), input_ids=_ids(rng, 3, 3), weight=2),
        Probe("two rows", model=_model(rng), input_ids=_ids(rng, 2, 7), weight=2),
        Probe("another vocabulary", model=_model(rng, vocab_size=53), input_ids=_ids(rng, 4, 5, 53)),
    ]


@next_token_logits.oracle
@torch.no_grad()
def oracle_next_token_logits(model, input_ids: torch.Tensor) -> torch.Tensor:
    return model(input_ids).logits[:, -1]


# The wrong ones leave gradients on, so that each is recognised whether or not its author turned them off.


@next_token_logits.misconception
def leaves_gradients_on(model, input_ids):
    """The values are right, but the model ran with gradients on: PyTorch kept every intermediate result for a
    backward pass that never comes. Put the call into `with torch.no_grad():`."""
    return model(input_ids).logits[:, -1]


@next_token_logits.misconception
def only_row_zero(model, input_ids):
    """This is the first row alone: [0, -1] picks one row and drops the batch dimension. Keep all rows with a
    colon: [:, -1]."""
    return model(input_ids).logits[0, -1]


@next_token_logits.misconception
def last_row_instead_of_last_position(model, input_ids):
    """[-1] picks the last row of the batch, because the first axis is the batch. The positions are the second
    axis: [:, -1]."""
    return model(input_ids).logits[-1]


@next_token_logits.misconception
def first_position(model, input_ids):
    """These logits stand at the first position and have seen one token only. The last position has seen the
    whole prompt."""
    return model(input_ids).logits[:, 0]


@next_token_logits.misconception
def mean_over_positions(model, input_ids):
    """The positions were averaged. Each position is a prediction of its own, about another token: take the one
    at the last position and leave the rest."""
    return model(input_ids).logits.mean(dim=1)


@next_token_logits.misconception
def softmax_over_positions(model, input_ids):
    """A softmax ran over the positions (dim=1). Logits are asked for, so no softmax is needed; where one is, it
    runs over the vocabulary, the last axis."""
    return model(input_ids).logits.softmax(dim=1)[:, -1]


@next_token_logits.misconception
def probabilities(model, input_ids):
    """These are probabilities. The exercise asks for the raw logits: leave the softmax to exercise 2."""
    return model(input_ids).logits.softmax(dim=-1)[:, -1]


@next_token_logits.misconception
def flattened_argmax(model, input_ids):
    """argmax without a dim flattens the tensor: its result counts through all rows and positions and is no token
    id. And the exercise asks for the logits themselves, not for a token."""
    return model(input_ids).logits.argmax()


@next_token_logits.misconception
def token_ids(model, input_ids):
    """This is the id of the most likely token of each row. The exercise asks for the logits of all tokens."""
    return model(input_ids).logits[:, -1].argmax(dim=-1)


@next_token_logits.misconception
def all_positions(model, input_ids):
    """These are the logits of all positions, [B, T, V]. Only the last position predicts the token after the
    prompt."""
    return model(input_ids).logits


@next_token_logits.misconception
def keeps_an_axis_of_one(model, input_ids):
    """The slice -1: keeps an axis of length 1, so the shape is [B, 1, V]. Index with -1 to drop the axis."""
    return model(input_ids).logits[:, -1:]


@next_token_logits.misconception
def squeezes_the_batch(model, input_ids):
    """squeeze() without a dim also removes the batch axis when there is only one row. Index the axis that you
    want to drop: [:, -1]."""
    return model(input_ids).logits[:, -1].squeeze()


@next_token_logits.alternative
def with_logits_to_keep(model, input_ids):
    """The library's own way to compute one position only."""
    with torch.inference_mode():
        return model(input_ids=input_ids, logits_to_keep=1).logits.squeeze(1)


@next_token_logits.alternative
@torch.no_grad()
def row_by_row(model, input_ids):
    return torch.stack([model(row.unsqueeze(0))[0][0, len(row) - 1] for row in input_ids])


# 2 ------------------------------------------------------------------------------------------------------------

softmax = Exercise("softmax", points=3, tolerance=1e-6)


@softmax.probes
def _(rng: random.Random) -> list[Probe]:
    plain = _logits(rng, 5)
    hidden = _logits(rng, 2, 6)
    hidden[0, 1] = hidden[0, 4] = hidden[1, 0] = -math.inf
    return [
        Probe("one row of logits", logits=plain),
        Probe("the same logits, all 1,000 higher", logits=plain + 1000),
        Probe("logits of 10,000", logits=torch.tensor([1e4, 0.0, 1e4, 9999.0])),
        Probe("logits of -10,000", logits=torch.tensor([-1e4, -1e4, -9998.0])),
        Probe("a logit of -inf is a probability of 0", logits=hidden),
        Probe(
            "two rows of very different height", logits=torch.tensor([[1e4, 9999.0, 1e4], [0.0, 1.0, -2.0]]), weight=2
        ),
        Probe("rows and positions", logits=_logits(rng, 2, 3, 4), weight=2),
    ]


@softmax.oracle
def oracle_softmax(logits: torch.Tensor) -> torch.Tensor:
    return torch.softmax(logits, dim=-1)


@softmax.misconception
def naive_exp(logits):
    """exp() overflows to inf from about 89 on, and inf / inf is nan; far below zero it is 0 / 0. Subtract each row's
    largest logit first: that changes no probability, and the largest exponent is then 0."""
    weights = logits.exp()
    return weights / weights.sum(dim=-1, keepdim=True)


@softmax.misconception
def subtracts_the_largest_of_all(logits):
    """The largest logit of the whole tensor was subtracted, so a row far below it became 0 / 0. Each row needs its own
    maximum: dim=-1, keepdim=True."""
    weights = (logits - logits.max()).exp()
    return weights / weights.sum(dim=-1, keepdim=True)


@softmax.misconception
def over_the_first_axis(logits):
    """The probabilities add up to 1 down the batch instead of along the vocabulary. The vocabulary is the last axis:
    dim=-1."""
    return torch.softmax(logits, dim=0)


@softmax.misconception
def one_sum_for_all_rows(logits):
    """All rows were divided by one common sum. Every row is a distribution of its own and must add up to 1: sum over
    dim=-1 with keepdim=True."""
    weights = (logits - logits.amax(dim=-1, keepdim=True)).exp()
    return weights / weights.sum()


@softmax.misconception
def in_place(logits):
    """The logits that came in were changed: -= and methods whose name ends in an underscore write into the caller's
    tensor. Make a new tensor."""
    logits -= logits.amax(dim=-1, keepdim=True)
    weights = logits.exp()
    return weights / weights.sum(dim=-1, keepdim=True)


@softmax.misconception
def shares_of_the_logits(logits):
    """The logits were divided by their sum, without exp(). Logits may be negative, and so would these shares be."""
    return logits / logits.sum(dim=-1, keepdim=True)


@softmax.misconception
def log_probabilities(logits):
    """These are the logarithms of the probabilities. Apply exp() to them."""
    return torch.log_softmax(logits, dim=-1)


@softmax.misconception
def hides_nan(logits):
    """The nan of an overflow was replaced by a number, so the row looks healthy and is wrong. Avoid the overflow
    instead: subtract the row's largest logit before exp()."""
    weights = logits.exp()
    return (weights / weights.sum(dim=-1, keepdim=True)).nan_to_num()


@softmax.misconception
def loses_digits(logits):
    """Right on paper, rounded in float32: logsumexp adds the largest logit back, and next to 10,000 a float32 has three
    decimals left. Subtract the row's largest logit before exp(), or use log_softmax(...).exp()."""
    return (logits - torch.logsumexp(logits, dim=-1, keepdim=True)).exp()


@softmax.alternative
def by_log_softmax(logits):
    return torch.log_softmax(logits, dim=-1).exp()


@softmax.alternative
def in_lists(logits):
    if logits.dim() > 1:
        return torch.stack([in_lists(row) for row in logits])
    values = logits.tolist()
    weights = [math.exp(value - max(values)) for value in values]
    return torch.tensor([weight / sum(weights) for weight in weights])


# 3 ------------------------------------------------------------------------------------------------------------

top_tokens = Exercise("top_tokens", points=2)


@top_tokens.probes
def _(rng: random.Random) -> list[Probe]:
    tokenizer = Resource("tokenizer")

    def probs(size: int) -> torch.Tensor:
        return torch.softmax(_logits(rng, size), dim=-1)

    ties = torch.tensor([0.0625, 0.25, 0.0625, 0.25, 0.125, 0.25])
    return [
        Probe("the most likely token", tokenizer=tokenizer, probs=probs(40), k=1),
        Probe("five of an unsorted vocabulary", tokenizer=tokenizer, probs=probs(400), k=5, weight=2),
        Probe("more than there are tokens", tokenizer=tokenizer, probs=probs(6), k=50),
        Probe("equal probabilities: the lower id first", tokenizer=tokenizer, probs=ties, k=4),
        Probe("the whole bundled vocabulary", tokenizer=tokenizer, probs=probs(2048), k=12, weight=2),
    ]


@top_tokens.oracle
def oracle_top_tokens(tokenizer, probs: torch.Tensor, k: int) -> list[tuple[int, str, float]]:
    values, ids = torch.sort(probs, descending=True, stable=True)
    return [(i, tokenizer.decode([i]), p) for i, p in zip(ids[:k].tolist(), values[:k].tolist(), strict=True)]


@top_tokens.misconception
def rank_as_id(tokenizer, probs, k):
    """The ids are 0, 1, 2, ...: those are places in the sorted list. sort and topk return two tensors; the ids are the
    second one, the indices."""
    values = probs.sort(descending=True).values[:k].tolist()
    return [(rank, tokenizer.decode([rank]), p) for rank, p in enumerate(values)]


@top_tokens.misconception
def ascending(tokenizer, probs, k):
    """The least likely tokens come first. sort is ascending unless you say descending=True."""
    values, ids = torch.sort(probs, stable=True)
    return [(i, tokenizer.decode([i]), p) for i, p in zip(ids[:k].tolist(), values[:k].tolist(), strict=True)]


@top_tokens.misconception
def least_likely_of_the_top_first(tokenizer, probs, k):
    """The right tokens in the wrong order: the most likely one must come first."""
    return oracle_top_tokens(tokenizer, probs, k)[::-1]


@top_tokens.misconception
def order_of_the_vocabulary(tokenizer, probs, k):
    """The right tokens in the order of their ids: sort the table by probability."""
    return sorted(oracle_top_tokens(tokenizer, probs, k))


@top_tokens.misconception
def k_may_not_exceed_the_vocabulary(tokenizer, probs, k):
    """k is larger than the vocabulary: topk refuses that, and so does indexing past the end. Show what there is:
    min(k, len(probs))."""
    if k > len(probs):
        raise RuntimeError("selected index k out of range")
    return oracle_top_tokens(tokenizer, probs, k)


@top_tokens.misconception
def higher_id_first_among_equals(tokenizer, probs, k):
    """Among equal probabilities the lower id comes first, as argmax has it. topk promises no order among equals, and a
    reversed ascending sort turns it round: use torch.sort(probs, descending=True, stable=True)."""
    ids = torch.sort(probs, stable=True).indices.flip(0)[:k].tolist()
    return [(i, tokenizer.decode([i]), probs[i].item()) for i in ids]


@top_tokens.misconception
def stored_pieces(tokenizer, probs, k):
    """The pieces are as the vocabulary stores them, with marks for spaces and other bytes. A reader wants text:
    tokenizer.decode([id])."""
    table = oracle_top_tokens(tokenizer, probs, k)
    return [(i, tokenizer.convert_ids_to_tokens(i), p) for i, _, p in table]


@top_tokens.misconception
def strips_the_space(tokenizer, probs, k):
    """The leading space belongs to the token: " dog" and "dog" are two different ids. Do not strip."""
    return [(i, piece.strip(), p) for i, piece, p in oracle_top_tokens(tokenizer, probs, k)]


@top_tokens.misconception
def softmax_again(tokenizer, probs, k):
    """A softmax was applied to probabilities. They have been through one already; a second one flattens them."""
    return [
        (i, piece, torch.softmax(probs, dim=-1)[i].item()) for i, piece, _ in oracle_top_tokens(tokenizer, probs, k)
    ]


@top_tokens.misconception
def rounded(tokenizer, probs, k):
    """The probabilities were rounded. Round where you print, not where you compute."""
    return [(i, piece, round(p, 3)) for i, piece, p in oracle_top_tokens(tokenizer, probs, k)]


@top_tokens.misconception
def tensors_in_the_table(tokenizer, probs, k):
    """The table holds tensors of one element. Turn them into Python numbers with .item() or .tolist()."""
    return [(torch.tensor(i), piece, probs[i]) for i, piece, _ in oracle_top_tokens(tokenizer, probs, k)]


@top_tokens.alternative
def by_python_sort(tokenizer, probs, k):
    pairs = sorted(enumerate(probs.tolist()), key=lambda pair: -pair[1])
    return [(i, tokenizer.decode(i), p) for i, p in pairs[:k]]


@top_tokens.alternative
def by_repeated_argmax(tokenizer, probs, k):
    left, table = probs.clone(), []
    for _ in range(min(k, len(probs))):
        best = int(left.argmax())
        table.append([best, tokenizer.batch_decode([[best]])[0], float(probs[best])])
        left[best] = -1
    return table


# 4 ------------------------------------------------------------------------------------------------------------

sequence_logprob = Exercise("sequence_logprob", points=3, tolerance=1e-4, facets=["no_grad"])


@sequence_logprob.probes
def _(rng: random.Random) -> list[Probe]:
    long = _model(rng, n_positions=256)
    return [
        Probe("two tokens: one prediction", model=_model(rng), input_ids=_ids(rng, 1, 2)),
        Probe("one token: nothing is predicted", model=_model(rng), input_ids=_ids(rng, 2, 1)),
        Probe("two rows", model=_model(rng), input_ids=_ids(rng, 2, 7), weight=2),
        Probe("the same token again and again", model=_model(rng), input_ids=torch.full((2, 9), 4) + _ids(rng, 2, 1)),
        Probe(
            "a long text: the product of its probabilities is 0.0", model=long, input_ids=_ids(rng, 2, 240), weight=2
        ),
    ]


@sequence_logprob.oracle
@torch.no_grad()
def oracle_sequence_logprob(model, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The library's loss is the mean of the negative log probabilities of a row's tokens but the first."""
    predicted = input_ids.shape[1] - 1
    if predicted < 1:
        raise ValueError("a row needs at least two tokens: the first one is predicted by nothing")
    vocab_size = model.config.vocab_size
    loss = torch.stack([ForCausalLMLoss(model(row[None]).logits, row[None], vocab_size) for row in input_ids])
    return -loss * predicted, loss.exp()


def _summed(logprobs: torch.Tensor, count: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Total and perplexity of log probabilities [B, T-1]; ``count``: by how many to divide."""
    total = logprobs.sum(dim=-1)
    return total, torch.exp(-total / (count or logprobs.shape[1]))


def _refuse_one_token(input_ids: torch.Tensor) -> None:
    if input_ids.shape[1] < 2:
        raise ValueError("a row needs at least two tokens")


def _gathered(logprobs: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """[B, T, V] and [B, T] to [B, T]: the entry of each token."""
    return logprobs.gather(-1, ids.unsqueeze(-1)).squeeze(-1)


@sequence_logprob.misconception
def keeps_the_graph(model, input_ids):
    """The values are right, but the model ran with gradients on. Put the call into `with torch.no_grad():`."""
    _refuse_one_token(input_ids)
    return _summed(_gathered(model(input_ids).logits.log_softmax(-1)[:, :-1], input_ids[:, 1:]))


@sequence_logprob.misconception
def unshifted(model, input_ids):
    """Each token was looked up at its own position, where the model has already read it. Position t predicts token
    t + 1: pair logits[:, :-1] with input_ids[:, 1:]."""
    _refuse_one_token(input_ids)
    return _summed(_gathered(model(input_ids).logits.log_softmax(-1), input_ids))


@sequence_logprob.misconception
def unshifted_without_the_first(model, input_ids):
    """The first token was left out, but the others were still looked up at their own positions. Position t predicts
    token t + 1: pair logits[:, :-1] with input_ids[:, 1:]."""
    _refuse_one_token(input_ids)
    return _summed(_gathered(model(input_ids).logits.log_softmax(-1), input_ids)[:, 1:])


@sequence_logprob.misconception
def includes_the_first_token(model, input_ids):
    """The first token was counted: roll brings it to the end, where the last position seems to predict it. Nothing
    stands before the first token, so nothing predicts it: T tokens give T - 1 probabilities."""
    _refuse_one_token(input_ids)
    return _summed(_gathered(model(input_ids).logits.log_softmax(-1), input_ids.roll(-1, dims=1)))


@sequence_logprob.misconception
def multiplies_probabilities(model, input_ids):
    """The probabilities were multiplied, and the product of many of them is too small for a float: it becomes 0.0 and
    its logarithm -inf. Add up log probabilities instead; take them from log_softmax."""
    _refuse_one_token(input_ids)
    probs = model(input_ids).logits.softmax(-1)[:, :-1]
    return _summed(_gathered(probs, input_ids[:, 1:]).prod(dim=-1, keepdim=True).log(), input_ids.shape[1] - 1)


@sequence_logprob.misconception
def raw_logits(model, input_ids):
    """Logits were added up. They become log probabilities only by log_softmax over the vocabulary."""
    _refuse_one_token(input_ids)
    return _summed(_gathered(model(input_ids).logits[:, :-1], input_ids[:, 1:]))


@sequence_logprob.misconception
def mean_instead_of_sum(model, input_ids):
    """The first result is the sum of the log probabilities, not their mean. The mean is what the perplexity is made
    of."""
    total, perplexity = keeps_the_graph(model, input_ids)
    return total / (input_ids.shape[1] - 1), perplexity


@sequence_logprob.misconception
def negative_log_likelihood(model, input_ids):
    """The sign is turned round: this is the loss. The logarithm of a probability is at most 0."""
    total, perplexity = keeps_the_graph(model, input_ids)
    return -total, perplexity


@sequence_logprob.misconception
def perplexity_divides_by_all_tokens(model, input_ids):
    """The perplexity was averaged over T tokens. Only T - 1 of them are predicted."""
    _refuse_one_token(input_ids)
    logprobs = _gathered(model(input_ids).logits.log_softmax(-1)[:, :-1], input_ids[:, 1:])
    return _summed(logprobs, input_ids.shape[1])


@sequence_logprob.misconception
def perplexity_of_the_whole(model, input_ids):
    """The perplexity is exp of the mean negative log probability for each predicted token. Here it was not divided by
    their number, so a longer text looks worse than it is."""
    total, _ = keeps_the_graph(model, input_ids)
    return total, torch.exp(-total)


@sequence_logprob.misconception
def one_number_for_the_batch(model, input_ids):
    """The rows of the batch were added together. Each row is a text of its own: sum over the positions, dim=-1."""
    total, _ = keeps_the_graph(model, input_ids)
    return total.sum(), torch.exp(-total.sum() / (len(input_ids) * (input_ids.shape[1] - 1)))


@sequence_logprob.misconception
def accepts_one_token(model, input_ids):
    """A row of one token was accepted. Nothing predicts the first token, so there is nothing to add up and the
    perplexity is 0 / 0: raise a ValueError that says so."""
    return _summed(_gathered(model(input_ids).logits.log_softmax(-1)[:, :-1], input_ids[:, 1:]), input_ids.shape[1] - 1)


@sequence_logprob.alternative
@torch.no_grad()
def by_cross_entropy(model, input_ids):
    if input_ids.shape[1] < 2:
        raise ValueError("nothing to predict")
    logits = model(input_ids).logits[:, :-1].transpose(1, 2)
    losses = F.cross_entropy(logits, input_ids[:, 1:], reduction="none")
    return -losses.sum(-1), losses.mean(-1).exp()


@sequence_logprob.alternative
@torch.no_grad()
def token_by_token(model, input_ids):
    rows, length = input_ids.shape
    if length == 1:
        raise ValueError("nothing to predict")
    total = torch.zeros(rows)
    logprobs = model(input_ids).logits.log_softmax(dim=-1)
    for t in range(1, length):
        total += logprobs[torch.arange(rows), t - 1, input_ids[:, t]]
    return total, torch.exp(-total / (length - 1))


# 5 ------------------------------------------------------------------------------------------------------------

last_real_logits = Exercise("last_real_logits", points=4, tolerance=1e-4, facets=["calls", "no_grad"])


@last_real_logits.probes
def _(rng: random.Random) -> list[Probe]:
    def batch(*pads: tuple[int, int], width: int = 9) -> dict[str, torch.Tensor]:
        """Rows with (left, right) padding; what stands in the padding is random, so only the mask tells."""
        mask = torch.tensor([[int(left <= t < width - right) for t in range(width)] for left, right in pads])
        return {"input_ids": _ids(rng, len(pads), width), "attention_mask": mask}

    return [
        Probe("no padding", model=_model(rng), **batch((0, 0), (0, 0))),
        Probe("padding on the left", model=_model(rng), **batch((4, 0), (0, 0), (7, 0)), weight=2),
        Probe("padding on the right", model=_model(rng), **batch((0, 3), (0, 0), (0, 6)), weight=2),
        Probe("one row, padding on both sides", model=_model(rng), **batch((3, 2))),
        Probe("every row padded in its own way", model=_model(rng), **batch((5, 0), (0, 5), (0, 0), (2, 4)), weight=2),
    ]


@last_real_logits.oracle
def oracle_last_real_logits(model, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """The library's own first step: ``generate`` on the same batch, padded on the left."""
    width = input_ids.shape[1]
    shifts = [width - 1 - int(row.nonzero()[-1]) for row in attention_mask]
    ids, mask = (
        torch.stack([row.roll(n) for row, n in zip(x, shifts, strict=True)]) for x in (input_ids, attention_mask)
    )
    out = model.generate(
        ids,
        attention_mask=mask,
        max_new_tokens=1,
        pad_token_id=0,
        do_sample=False,
        return_dict_in_generate=True,
        output_logits=True,
    )
    return out.logits[0]


def _positions(mask: torch.Tensor) -> torch.Tensor:
    return (mask.cumsum(-1) - 1).clamp(min=0)


def _at_last_real(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """[B, T, V] to [B, V]: each row at its last column with a 1 in the mask."""
    columns = torch.arange(mask.shape[1])
    return logits[torch.arange(len(mask)), (mask * columns).argmax(-1)]


@last_real_logits.misconception
def with_gradients(model, input_ids, attention_mask):
    """The values are right, but the model ran with gradients on. Put the call into `with torch.no_grad():`."""
    out = model(input_ids, attention_mask=attention_mask, position_ids=_positions(attention_mask))
    return _at_last_real(out.logits, attention_mask)


@last_real_logits.misconception
def last_column(model, input_ids, attention_mask):
    """The last column of every row was taken, and in a row padded on the right that column is padding. Find the last
    column where the row's mask is 1."""
    out = model(input_ids, attention_mask=attention_mask, position_ids=_positions(attention_mask))
    return out.logits[:, -1]


@last_real_logits.misconception
def mask_without_positions(model, input_ids, attention_mask):
    """The mask hides the padding, but the positions still count it: in a row padded on the left the first real token
    sits at position 4, say, instead of 0. Pass position_ids = mask.cumsum(-1) - 1, clamped at 0."""
    return _at_last_real(model(input_ids, attention_mask=attention_mask).logits, attention_mask)


@last_real_logits.misconception
def positions_without_mask(model, input_ids, attention_mask):
    """The positions are right, but the mask did not reach the model: real tokens attend to the padding in front of
    them. Pass attention_mask as well."""
    return _at_last_real(model(input_ids, position_ids=_positions(attention_mask)).logits, attention_mask)


@last_real_logits.misconception
def neither_mask_nor_positions(model, input_ids, attention_mask):
    """The model received the ids alone, so it reads the padding as text and counts it. Pass attention_mask and
    position_ids."""
    return _at_last_real(model(input_ids).logits, attention_mask)


@last_real_logits.misconception
def last_column_of_the_mask_alone(model, input_ids, attention_mask):
    """Two things are missing: position_ids, which must not count the padding in front, and the last *real* column of
    each row, which under right padding is not the last column."""
    return model(input_ids, attention_mask=attention_mask).logits[:, -1]


@last_real_logits.misconception
def last_column_of_the_ids_alone(model, input_ids, attention_mask):
    """The mask was not used at all: it must reach the model, it gives the positions, and it tells which column of each
    row is the last real one."""
    return model(input_ids).logits[:, -1]


@last_real_logits.misconception
def number_of_tokens_as_column(model, input_ids, attention_mask):
    """mask.sum(-1) - 1 is the column of the last real token only where the row starts at column 0. With padding in
    front it points too far left: look for the last 1 of the mask."""
    out = model(input_ids, attention_mask=attention_mask, position_ids=_positions(attention_mask))
    return out.logits[torch.arange(len(input_ids)), attention_mask.sum(-1) - 1]


@last_real_logits.misconception
def first_real_column(model, input_ids, attention_mask):
    """mask.argmax(-1) finds the first 1 of the mask, so these logits stand at the first real token. Look for the last
    1."""
    out = model(input_ids, attention_mask=attention_mask, position_ids=_positions(attention_mask))
    return out.logits[torch.arange(len(input_ids)), attention_mask.argmax(-1)]


@last_real_logits.misconception
def positions_from_one(model, input_ids, attention_mask):
    """The positions start at 1: cumsum counts the first real token as 1. Subtract 1."""
    out = model(input_ids, attention_mask=attention_mask, position_ids=attention_mask.cumsum(-1))
    return _at_last_real(out.logits, attention_mask)


@last_real_logits.misconception
def negative_positions(model, input_ids, attention_mask):
    """cumsum - 1 is -1 at padding in front, and there is no position -1: that is the IndexError. Clamp at 0; what
    stands at the padding does not matter, the mask hides it."""
    out = model(input_ids, attention_mask=attention_mask, position_ids=attention_mask.cumsum(-1) - 1)
    return _at_last_real(out.logits, attention_mask)


@last_real_logits.misconception
def one_call_for_each_row(model, input_ids, attention_mask):
    """The values are right, but each row went through the model alone. A batch is worth its padding because one forward
    pass serves all rows: call the model once."""
    pairs = zip(input_ids, attention_mask, strict=True)
    return torch.stack([model(row[mask == 1].unsqueeze(0)).logits[0, -1] for row, mask in pairs])


@last_real_logits.alternative
@torch.no_grad()
def by_flipping(model, input_ids, attention_mask):
    """-1 becomes 1, as the library has it; the last 1 is the first of the flipped mask."""
    positions = (attention_mask.cumsum(-1) - 1).masked_fill(attention_mask == 0, 1)
    logits = model(input_ids=input_ids, attention_mask=attention_mask, position_ids=positions).logits
    last = attention_mask.shape[1] - 1 - attention_mask.flip(-1).argmax(-1)
    return logits.gather(1, last[:, None, None].expand(-1, 1, logits.shape[-1])).squeeze(1)


@last_real_logits.alternative
@torch.no_grad()
def by_rows_of_the_result(model, input_ids, attention_mask):
    """One forward pass, then a loop over the rows."""
    out = model(input_ids, attention_mask=attention_mask.bool(), position_ids=_positions(attention_mask))
    return torch.stack([row[mask.nonzero().max()] for row, mask in zip(out.logits, attention_mask, strict=True)])


# 6 ------------------------------------------------------------------------------------------------------------

surprise = Exercise("surprise", points=3, tolerance=1e-5)


@surprise.probes
def _(rng: random.Random) -> list[Probe]:
    certain = torch.zeros(1, 3, 4)
    certain[0, :, 2] = 1e4
    hidden = _logits(rng, 2, 5, 7)
    hidden[..., 3] = -math.inf  # only token 3 is impossible, and both rows hold it once
    ids = torch.tensor([[0, 6, 3, 1, 5], [2, 4, 6, 0, 3]])
    return [
        Probe("eight equal probabilities are 3 bits", logits=torch.ones(1, 4, 8), input_ids=_ids(rng, 1, 4, 8)),
        Probe("a certain token is 0 bits", logits=certain, input_ids=torch.tensor([[1, 2, 2]])),
        Probe("two rows", logits=_logits(rng, 2, 6, 9), input_ids=_ids(rng, 2, 6, 9), weight=2),
        Probe("a token of probability 0", logits=hidden, input_ids=ids, weight=2),
        Probe("many rows", logits=_logits(rng, 4, 7, 12), input_ids=_ids(rng, 4, 7, 12)),
    ]


@surprise.oracle
def oracle_surprise(logits: torch.Tensor, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    logits, targets = logits[:, :-1], input_ids[:, 1:]
    entropy = torch.special.entr(logits.softmax(-1)).sum(-1)
    bits = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    return entropy / math.log(2), bits / math.log(2)


@surprise.misconception
def natural_logarithm(logits, input_ids):
    """These are nats: log is the natural logarithm. Bits are logarithms to the base 2: torch.log2, or divide by
    log(2)."""
    return tuple(x * math.log(2) for x in oracle_surprise(logits, input_ids))


@surprise.misconception
def summed_over_positions(logits, input_ids):
    """The positions were added up. The strip needs a number for each token: sum over the vocabulary only, dim=-1."""
    return tuple(x.sum(dim=-1) for x in oracle_surprise(logits, input_ids))


@surprise.misconception
def averaged_over_positions(logits, input_ids):
    """The positions were averaged. The strip needs a number for each token: sum over the vocabulary only, dim=-1."""
    return tuple(x.mean(dim=-1) for x in oracle_surprise(logits, input_ids))


@surprise.misconception
def zero_times_minus_infinity(logits, input_ids):
    """A token of probability 0 gives 0 times -inf, which is nan, and the sum with it. Its share of the entropy is 0:
    write 0 there (torch.special.entr does, and so does a where or nan_to_num on the products)."""
    logprobs = logits[:, :-1].log_softmax(-1) / math.log(2)
    return -(logprobs.exp2() * logprobs).sum(-1), oracle_surprise(logits, input_ids)[1]


@surprise.misconception
def adds_a_little(logits, input_ids):
    """A small number was added before the logarithm, so that an impossible token has a finite surprise and all others
    are slightly off. The surprise of an impossible token is inf: take the logarithm from log_softmax."""
    bits = (logits[:, :-1].softmax(-1) + 1e-9).log2()
    return oracle_surprise(logits, input_ids)[0], -_gathered(bits, input_ids[:, 1:])


@surprise.misconception
def surprise_at_its_own_position(logits, input_ids):
    """Each token was looked up at its own position, where the model has already read it. Position t predicts token
    t + 1: pair logits[:, :-1] with input_ids[:, 1:]."""
    bits = logits.log_softmax(-1) / math.log(2)
    return oracle_surprise(logits, input_ids)[0], -_gathered(bits, input_ids)[:, 1:]


@surprise.misconception
def entropy_of_the_next_position(logits, input_ids):
    """The entropies are one position late: the uncertainty about token t + 1 stands at position t, so the last
    position is left out, not the first."""
    entropy = torch.special.entr(logits.softmax(-1)).sum(-1) / math.log(2)
    return entropy[:, 1:], oracle_surprise(logits, input_ids)[1]


@surprise.misconception
def all_positions_of_entropy(logits, input_ids):
    """There are T entropies here. The last position predicts a token that is not in the text: leave it out, so that
    both results have the shape [B, T - 1]."""
    entropy = torch.special.entr(logits.softmax(-1)).sum(-1) / math.log(2)
    return entropy, oracle_surprise(logits, input_ids)[1]


@surprise.misconception
def sign_forgotten(logits, input_ids):
    """The logarithm of a probability is negative or 0; entropy and surprise are its negative."""
    return tuple(-x for x in oracle_surprise(logits, input_ids))


@surprise.misconception
def swapped(logits, input_ids):
    """The two results are swapped: the entropies come first."""
    return oracle_surprise(logits, input_ids)[::-1]


@surprise.misconception
def logits_as_probabilities(logits, input_ids):
    """The logarithm of the logits was taken. Logits are no probabilities: apply softmax or log_softmax first."""
    bits = logits[:, :-1].log2()
    return -(logits[:, :-1] * bits).sum(-1), -_gathered(bits, input_ids[:, 1:])


@surprise.alternative
def with_where(logits, input_ids):
    logprobs = logits.log_softmax(-1)[:, :-1] / math.log(2)
    products = torch.where(logprobs == -math.inf, 0.0, logprobs.exp2() * logprobs)
    return -products.sum(-1), -_gathered(logprobs, input_ids[:, 1:])


@surprise.alternative
def in_plain_python(logits, input_ids):
    def bits(row, token):
        probs = torch.softmax(row, dim=0).tolist()
        entropy = -sum(p * math.log2(p) for p in probs if p > 0)
        return entropy, -math.log2(probs[token]) if probs[token] else math.inf

    pairs = [
        [bits(row, token) for row, token in zip(rows[:-1], tokens[1:].tolist(), strict=True)]
        for rows, tokens in zip(logits, input_ids, strict=True)
    ]
    both = torch.tensor(pairs)
    return both[..., 0], both[..., 1]
