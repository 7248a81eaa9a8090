"""Exercises of ``03_sampling_loop``. The oracles are the library's own warpers, processors and loop."""

import functools
import math
import random
from typing import Any

import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from autograder.exercises.base import Exercise, Probe
from genlab.checks.live import LIVE
from genlab.checks.values import Resource
from genlab.models import probe_model

INF, NAN = math.inf, math.nan


def _refuse(condition: bool, message: str) -> None:
    if condition:
        raise ValueError(message)


def _distinct(rng: random.Random, rows: int, width: int, spread: float = 4.0) -> torch.Tensor:
    """Logits [rows, width] without ties, in no order."""
    steps = round(1000 * spread)
    return torch.tensor([[value / 1000 for value in rng.sample(range(-steps, steps), width)] for _ in range(rows)])


def _halves(rng: random.Random, *exponents: int) -> list[float]:
    """Logits, shuffled, whose softmax is exact: exponent e gives a weight of exactly 2**-e (e: 0, 1, 2, 4, 8)."""
    row = [-math.log(2) * e for e in exponents]
    rng.shuffle(row)
    return row


def _model(rng: random.Random, **settings: Any) -> Resource:
    """A probe model without an end token, untied, so that it does not fall into repeating one token."""
    settings = {"eos_token_id": None, "tie_word_embeddings": False} | settings
    return Resource("probe_model", seed=rng.randrange(10_000), **settings)


def _prompt(rng: random.Random, rows: int, length: int, vocab_size: int = 31) -> torch.Tensor:
    return torch.tensor([[rng.randrange(vocab_size) for _ in range(length)] for _ in range(rows)])


def _check_prompt(model, ids, n):
    """What every loop of this notebook refuses; the rest of a right answer builds on it."""
    _refuse(len({len(row) for row in ids}) > 1, "the rows have different lengths: pad them to one length first")
    ids = torch.as_tensor(ids)
    _refuse(ids.numel() == 0, "the prompt is empty: there is no last position to predict from")
    limit = model.config.max_position_embeddings
    _refuse(
        ids.shape[1] + n - 1 > limit, f"{ids.shape[1]} prompt tokens and {n} new ones exceed the context of {limit}"
    )
    return ids


# --- 1 greedy ---------------------------------------------------------------------------------------------------

greedy = Exercise("greedy", points=3, facets=("calls", "no_grad"))


@greedy.probes
def _(rng: random.Random) -> list[Probe]:
    return [
        Probe("one new token", model=_model(rng), ids=_prompt(rng, 1, 4), n=1),
        Probe("one row", model=_model(rng), ids=_prompt(rng, 1, 5), n=9),
        Probe("three different rows", model=_model(rng), ids=_prompt(rng, 3, 4), n=9, weight=2),
        Probe("rows as lists, left as they are", model=_model(rng), ids=_prompt(rng, 2, 3).tolist(), n=5),
        Probe("the context is filled exactly", model=_model(rng, n_positions=12), ids=_prompt(rng, 1, 8), n=5),
        Probe("an empty prompt is refused", model=_model(rng), ids=torch.zeros(1, 0, dtype=torch.int64), n=3),
        Probe("rows of unequal length are refused", model=_model(rng), ids=[[3, 1, 4], [1, 5]], n=3),
        Probe("a prompt longer than the context is refused", model=_model(rng), ids=_prompt(rng, 1, 40), n=3),
        Probe(
            "one token more than the context holds is refused",
            model=_model(rng, n_positions=12),
            ids=_prompt(rng, 1, 8),
            n=6,
        ),
    ]


@greedy.oracle
def oracle_greedy(model, ids, n):
    ids = _check_prompt(model, ids, n)
    settings = {"do_sample": False, "max_new_tokens": n, "pad_token_id": 0, "attention_mask": torch.ones_like(ids)}
    return model.generate(ids, use_cache=False, **settings)  # without a cache it, too, runs the whole sequence


def _greedy_loop(model, ids, n, context=lambda prompt, ids: ids):
    prompt = ids = _check_prompt(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            token = model(context(prompt, ids)).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, token[:, None]], dim=1)
    return ids


@greedy.misconception
def never_feeds_the_token_back(model, ids, n):
    """Every step runs the prompt again, so every step predicts the same token. The model has no memory of what it
    chose: append the token, and run the longer sequence."""
    return _greedy_loop(model, ids, n, context=lambda prompt, ids: prompt)


@greedy.misconception
def feeds_only_the_last_token(model, ids, n):
    """After the first step only the newest token goes into the model, so it forgets everything before it. Without
    a cache (notebook 6) the model needs the whole sequence at every step."""
    return _greedy_loop(model, ids, n, context=lambda prompt, ids: ids if ids is prompt else ids[:, -1:])


@greedy.misconception
def one_token_too_many(model, ids, n):
    """One token more than asked for: n forward passes choose n tokens. Look at where the loop begins to count."""
    _check_prompt(model, ids, n)
    return _greedy_loop(model, ids, n + 1)


@greedy.misconception
def one_token_short(model, ids, n):
    """One token fewer than asked for: n counts new tokens, and the first pass, over the prompt, chooses one too."""
    _check_prompt(model, ids, n)
    return _greedy_loop(model, ids, n - 1)


@greedy.misconception
def returns_new_tokens_only(model, ids, n):
    """The prompt is missing from the result. `model.generate` returns prompt and continuation in one tensor
    [B, T + n]; you cut the prompt off where you need to."""
    return _greedy_loop(model, ids, n)[:, -n:]


@greedy.misconception
def appends_to_the_callers_rows(model, ids, n):
    """The caller's own prompt grew. Build a new tensor in each step (torch.cat does) instead of appending to what
    you were given."""
    grown = _greedy_loop(model, ids, n)
    if isinstance(ids, list):
        for row, longer in zip(ids, grown.tolist(), strict=True):
            row[:] = longer
    return grown


@greedy.misconception
def one_choice_for_all_rows(model, ids, n):
    """Every row got the same tokens: argmax without a dimension, or row 0 alone, answers for the whole batch. Take
    the argmax over the last dimension, which gives one id a row."""
    ids = _check_prompt(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            token = model(ids).logits[0, -1].argmax()
        ids = torch.cat([ids, token.repeat(len(ids), 1)], dim=1)
    return ids


@greedy.misconception
def takes_the_least_likely(model, ids, n):
    """The least likely token is taken, not the most likely: argmax, or the last of an ascending sort."""
    ids = _check_prompt(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            token = model(ids).logits[:, -1].argmin(-1)
        ids = torch.cat([ids, token[:, None]], dim=1)
    return ids


@greedy.misconception
def keeps_gradients(model, ids, n):
    """The model ran with gradients on. They are for training: here they only cost memory, more at every step. Wrap the
    call in torch.no_grad()."""
    ids = _check_prompt(model, ids, n)
    for _ in range(n):
        ids = torch.cat([ids, model(ids).logits[:, -1].argmax(-1, keepdim=True)], dim=1)
    return ids


@greedy.misconception
def accepts_any_prompt(model, ids, n):
    """The tokens are right, but a prompt that cannot work is not refused with a ValueError: see the three cases on
    the card, and refuse them before the first forward pass."""
    for _ in range(n):
        ids = torch.as_tensor(ids)
        with torch.no_grad():
            ids = torch.cat([ids, model(ids).logits[:, -1].argmax(-1, keepdim=True)], dim=1)
    return ids


@greedy.alternative
def into_a_prepared_tensor(model, ids, n):
    """Space for everything first, then one column after the other."""
    ids = _check_prompt(model, ids, n)
    rows, length = ids.shape
    out = torch.zeros(rows, length + n, dtype=torch.int64)
    out[:, :length] = ids
    with torch.no_grad():
        for t in range(length, length + n):
            out[:, t] = model(out[:, :t]).logits[:, -1].softmax(-1).argmax(-1)
    return out


@greedy.alternative
def recursively(model, ids, n):
    ids = _check_prompt(model, ids, n)
    if n == 0:
        return ids
    with torch.inference_mode():
        best = model(input_ids=ids).logits[:, -1, :].topk(1).indices
    return recursively(model, torch.hstack([ids, best.clone()]), n - 1)


# --- 2 temperature ----------------------------------------------------------------------------------------------

apply_temperature = Exercise("apply_temperature", points=2, tolerance=1e-6)


@apply_temperature.probes
def _(rng: random.Random) -> list[Probe]:
    return [
        Probe("T = 1 changes nothing", logits=_distinct(rng, 1, 5), T=1.0),
        Probe("T = 2 halves every difference", logits=_distinct(rng, 2, 6), T=2.0),
        Probe("T = 0.5 doubles every difference", logits=_distinct(rng, 2, 6), T=0.5),
        Probe("a token that is out stays out", logits=torch.tensor([[1.5, -INF, 0.0, -2.0]]), T=0.25),
        Probe("any T, three rows", logits=_distinct(rng, 3, 8), T=rng.randrange(20, 300) / 100, weight=2),
        Probe("T = 0 is refused", logits=_distinct(rng, 1, 4), T=0.0),
        Probe("a negative T is refused", logits=_distinct(rng, 1, 4), T=-1.0),
    ]


@apply_temperature.oracle
def oracle_apply_temperature(logits, T):
    return TemperatureLogitsWarper(float(T))(None, logits)


@apply_temperature.misconception
def multiplies(logits, T):
    """The logits were multiplied by T, which turns the knob the wrong way round: a high temperature must bring them
    closer together. Divide."""
    _refuse(T <= 0, "T must be positive")
    return logits * T


@apply_temperature.misconception
def divides_probabilities(logits, T):
    """Probabilities were divided by T. That scales all of them alike and changes no choice; temperature acts on the
    logits, before softmax."""
    _refuse(T <= 0, "T must be positive")
    return logits.softmax(-1) / T


@apply_temperature.misconception
def returns_probabilities(logits, T):
    """The result went through softmax already. The next steps expect logits: return logits / T and leave softmax to
    the end."""
    _refuse(T <= 0, "T must be positive")
    return (logits / T).softmax(-1)


@apply_temperature.misconception
def divides_in_place(logits, T):
    """The caller's logits were changed: `/=` writes into the tensor that you were given. Return a new one."""
    _refuse(T <= 0, "T must be positive")
    logits /= T
    return logits


@apply_temperature.misconception
def treats_zero_as_greedy(logits, T):
    """T = 0 must be refused. Dividing by zero has no result; whoever wants the most likely token asks for greedy
    decoding, which is another choice and not a temperature."""
    _refuse(T < 0, "T must not be negative")
    if T == 0:
        return logits.masked_fill(logits < logits.amax(-1, keepdim=True), -INF)
    return logits / T


@apply_temperature.misconception
def accepts_every_temperature(logits, T):
    """A temperature of zero gives infinities, a negative one puts the worst token on top, and both went through
    silently. Refuse T <= 0 with a ValueError that says so."""
    return logits / T


@apply_temperature.alternative
def multiplies_by_the_inverse(logits, T):
    if not T > 0:
        raise ValueError(f"temperature must be above 0, got {T}")
    return logits * (1 / T)


# --- 3 draw -----------------------------------------------------------------------------------------------------

draw = Exercise("draw", points=3)


@draw.probes
def _(rng: random.Random) -> list[Probe]:
    def weights(width: int) -> list[float]:
        """Probabilities that are multiples of 1/64, some of them 0, so that all sums are exact."""
        cuts = sorted(rng.randrange(65) for _ in range(width - 1))
        return [(b - a) / 64 for a, b in zip([0, *cuts], [*cuts, 64], strict=True)]

    probs = torch.tensor([weights(8) for _ in range(6)])
    short = [0.5, 0.25, 0.25 - 2**-20, 0.0, 0.0]
    return [
        Probe("u inside the first share", probs=torch.tensor([[0.5, 0.25, 0.25]]), u=torch.tensor([0.3])),
        Probe("u inside the last share", probs=torch.tensor([[0.5, 0.25, 0.25]]), u=torch.tensor([0.8])),
        Probe("u = 0, and the first tokens have p = 0", probs=torch.tensor([[0.0, 0.0, 0.75, 0.25]]), u=torch.zeros(1)),
        Probe(
            "u on an edge belongs to the next token that is possible",
            probs=torch.tensor([[0.5, 0.0, 0.25, 0.25], [0.25, 0.25, 0.5, 0.0]]),
            u=torch.tensor([0.5, 0.25]),
        ),
        Probe(
            "the probabilities add up to a little less than 1 and u is beyond",
            probs=torch.tensor([short]),
            u=torch.tensor([1 - 2**-21]),
        ),
        Probe("one certain token", probs=torch.tensor([[0.0, 0.0, 1.0, 0.0]]), u=torch.tensor([0.9999])),
        Probe(
            "six rows, each with its own u",
            probs=probs,
            u=torch.tensor([(rng.randrange(64) + 0.5) / 64 for _ in range(6)]),
            weight=2,
        ),
        Probe("NaN probabilities are refused", probs=torch.tensor([[0.5, NAN, 0.5]]), u=torch.tensor([0.1])),
    ]


@draw.oracle
def oracle_draw(probs, u):
    _refuse(bool(probs.isnan().any()), "probabilities must be numbers: a row holds NaN")
    cumulative = probs.cumsum(-1)
    ids = torch.searchsorted(cumulative, u[:, None], right=True)[:, 0]
    positions = torch.arange(probs.shape[1]).expand_as(probs)
    return torch.minimum(ids, positions.masked_fill(probs == 0, -1).amax(-1))


@draw.misconception
def picks_an_impossible_token(probs, u):
    """A token with probability 0 was drawn, or the wrong side of an edge. Take the first token whose cumulative sum
    is *greater* than u: with greater-or-equal, u = 0 picks token 0 whatever its probability."""
    _refuse(bool(probs.isnan().any()), "NaN")
    ids = torch.searchsorted(probs.cumsum(-1), u[:, None])[:, 0]
    positions = torch.arange(probs.shape[1]).expand_as(probs)
    return torch.minimum(ids, positions.masked_fill(probs == 0, -1).amax(-1))


@draw.misconception
def falls_off_the_end(probs, u):
    """Rounding can leave the cumulative sum a little below 1, and a u beyond it found no token. The last token with
    a probability above 0 takes what is left."""
    _refuse(bool(probs.isnan().any()), "NaN")
    return torch.searchsorted(probs.cumsum(-1), u[:, None], right=True)[:, 0]


@draw.misconception
def clamps_to_the_last_id(probs, u):
    """A u beyond the cumulative sum went to the last id, and that token has probability 0. The last token that is
    *possible* takes what is left."""
    _refuse(bool(probs.isnan().any()), "NaN")
    return torch.searchsorted(probs.cumsum(-1), u[:, None], right=True)[:, 0].clamp(max=probs.shape[1] - 1)


@draw.misconception
def ignores_u(probs, u):
    """The most likely token came out whatever u was. Here u decides: walk along the cumulative sum."""
    _refuse(bool(probs.isnan().any()), "NaN")
    return probs.argmax(-1)


@draw.misconception
def one_id_too_far(probs, u):
    """Each id is one too high. The number of cumulative sums that are at most u *is* the id: nothing to add."""
    _refuse(bool(probs.isnan().any()), "NaN")
    return (oracle_draw(probs, u) + 1).clamp(max=probs.shape[1] - 1)


@draw.misconception
def one_id_too_low(probs, u):
    """Each id is one too low. The number of cumulative sums that are at most u *is* the id: nothing to subtract."""
    _refuse(bool(probs.isnan().any()), "NaN")
    return (oracle_draw(probs, u) - 1).clamp(min=0)


@draw.misconception
def one_u_for_all_rows(probs, u):
    """All rows used the first u. Row i is decided by u[i]: keep a dimension (u[:, None]) when you compare."""
    return oracle_draw(probs, u[:1].expand_as(u))


@draw.misconception
def returns_the_rank(probs, u):
    """The result is a rank in the sorted row, not a token id. Draw without sorting, or map the rank back to its id."""
    _refuse(bool(probs.isnan().any()), "NaN")
    ordered = probs.sort(-1, descending=True).values
    return oracle_draw(ordered, u)


@draw.misconception
def sorts_before_it_draws(probs, u):
    """The shares were laid out from the most likely token to the least, so the same u meets another token. Lay them
    out in the order of the ids."""
    _refuse(bool(probs.isnan().any()), "NaN")
    ordered, ids = probs.sort(-1, descending=True, stable=True)
    return ids.gather(1, oracle_draw(ordered, u)[:, None])[:, 0]


@draw.misconception
def accepts_nan(probs, u):
    """A row with NaN gave a token. Every comparison with NaN is false, so the result means nothing: refuse such a row
    with a ValueError."""
    return oracle_draw(probs.nan_to_num(0.0), u)


@draw.alternative
def by_walking(probs, u):
    """One row after the other, subtracting shares from u."""
    if not bool((probs >= 0).all()):
        raise ValueError("not probabilities")
    ids = []
    for row, point in zip(probs.tolist(), u.tolist(), strict=True):
        chosen, passed = None, 0.0
        for token, share in enumerate(row):
            passed += share
            if share > 0:
                chosen = token
                if passed > point:
                    break
        ids.append(chosen)
    return torch.tensor(ids)


@draw.alternative
def by_counting(probs, u):
    if probs.isnan().any():
        raise ValueError("NaN among the probabilities")
    reached = (probs.cumsum(-1) > u[:, None]) & (probs > 0)
    last = (probs > 0) & (probs.flip(-1).cumsum(-1).flip(-1) == probs)  # nothing possible after it
    return (reached | last).int().argmax(-1)


# --- 4 top_k ----------------------------------------------------------------------------------------------------

top_k = Exercise("top_k", points=3, tolerance=1e-6)


@top_k.probes
def _(rng: random.Random) -> list[Probe]:
    ties = [2.0, 1.0, 3.0, 1.0, -1.0, 1.0]
    rng.shuffle(ties)
    return [
        Probe("k = 1 keeps the most likely token", logits=_distinct(rng, 2, 6), k=1),
        Probe("k = 3, two rows on different levels", logits=_distinct(rng, 2, 7) + torch.tensor([[0.0], [50.0]]), k=3),
        Probe("tokens that tie with the last one kept stay too", logits=torch.tensor([ties]), k=3),
        Probe("k equal to the vocabulary", logits=_distinct(rng, 2, 5), k=5),
        Probe("k beyond the vocabulary", logits=_distinct(rng, 2, 5), k=50),
        Probe("k = 0 is off", logits=_distinct(rng, 2, 5), k=0),
        Probe("-inf is already out", logits=torch.tensor([[0.5, -INF, 2.0, -INF, 1.0]]), k=4),
        Probe("any k, four rows", logits=_distinct(rng, 4, 12), k=rng.randrange(2, 11), weight=2),
        Probe("a negative k is refused", logits=_distinct(rng, 1, 5), k=-1),
    ]


@top_k.oracle
def oracle_top_k(logits, k):
    _refuse(k < 0, f"k must be 0 (off) or more, got {k}")
    return TopKLogitsWarper(k)(None, logits) if k else logits


def _keep_at_least(logits, k, fill=-INF, largest=True):
    """The usual three lines, to be bent."""
    _refuse(k < 0, "k must not be negative")
    if not k:
        return logits
    last = logits.topk(min(k, logits.shape[-1]), largest=largest).values[..., -1:]
    return logits.masked_fill(logits < last if largest else logits > last, fill)


@top_k.misconception
def one_more_than_k(logits, k):
    """One token too many stays. The k-th best stands at index k - 1 of a descending sort."""
    _refuse(k < 0, "k must not be negative")
    return _keep_at_least(logits, k + 1 if k else 0)


@top_k.misconception
def zero_instead_of_minus_infinity(logits, k):
    """Cut tokens got the logit 0. That is an ordinary score, often a good one: exp(0) = 1. Only -inf becomes
    probability 0."""
    return _keep_at_least(logits, k, fill=0.0)


@top_k.misconception
def one_threshold_for_the_batch(logits, k):
    """One threshold served the whole batch, so rows influence each other. Every row needs its own: a shape [B, 1],
    from topk(...).values[:, -1:]."""
    _refuse(k < 0, "k must not be negative")
    if not k:
        return logits
    last = logits.flatten().topk(min(k, logits.shape[-1])).values[-1]
    return logits.masked_fill(logits < last, -INF)


@top_k.misconception
def keeps_the_worst(logits, k):
    """The k *least* likely tokens stay: the sort is ascending, or the comparison the wrong way round."""
    return _keep_at_least(logits, k, largest=False)


@top_k.misconception
def keeps_exactly_k(logits, k):
    """Exactly k tokens stay even where several share the last place. Which of them goes is then chance; the library
    cuts what is *below* the k-th value and keeps all ties."""
    _refuse(k < 0, "k must not be negative")
    if not k:
        return logits
    ids = logits.sort(-1, descending=True, stable=True).indices[..., : min(k, logits.shape[-1])]
    return torch.full_like(logits, -INF).scatter(-1, ids, logits.gather(-1, ids))


@top_k.misconception
def cuts_what_equals_the_threshold(logits, k):
    """The k-th token itself was cut, because `<=` is true for it. Cut what is strictly below it."""
    _refuse(k < 0, "k must not be negative")
    if not k:
        return logits
    last = logits.topk(min(k, logits.shape[-1])).values[..., -1:]
    return logits.masked_fill(logits <= last, -INF)


@top_k.misconception
def fails_beyond_the_vocabulary(logits, k):
    """k may be larger than the vocabulary (50 is the library's default, and small vocabularies exist): clip it."""
    _refuse(k < 0, "k must not be negative")
    if not k:
        return logits
    return logits.masked_fill(logits < logits.topk(k).values[..., -1:], -INF)


@top_k.misconception
def zero_cuts_everything(logits, k):
    """k = 0 means that this filter is off, as in `model.generate`. Here it left no token at all."""
    _refuse(k < 0, "k must not be negative")
    return _keep_at_least(logits, k) if k else torch.full_like(logits, -INF)


@top_k.misconception
def cuts_in_place(logits, k):
    """The caller's logits were changed. Use masked_fill or torch.where, which return a new tensor."""
    logits[:] = _keep_at_least(logits, k)
    return logits


@top_k.misconception
def accepts_a_negative_k(logits, k):
    """A negative k went through as if the filter were off. It is a mistake of the caller: say so with a ValueError."""
    return _keep_at_least(logits, max(k, 0))


@top_k.alternative
def by_sorting(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    if k == 0:
        return logits.clone()
    ordered, _ = torch.sort(logits, descending=True)
    border = ordered[:, [min(k, logits.shape[1]) - 1]]
    return torch.where(logits >= border, logits, torch.tensor(-INF))


@top_k.alternative
def by_counting_the_better_ones(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    better = (logits[:, None, :] > logits[:, :, None]).sum(-1)
    return logits.masked_fill(better >= (k or logits.shape[1]), -INF)


# --- 5 top_p ----------------------------------------------------------------------------------------------------

top_p = Exercise("top_p", points=4, tolerance=1e-6)
EXACT = (0, 1, 2, 4, 4, 4, 4)  # 1/2, 1/4, 1/8 and four times 1/32


@top_p.probes
def _(rng: random.Random) -> list[Probe]:
    uneven = _distinct(rng, 3, 10) * torch.tensor([[0.2], [1.0], [4.0]])
    return [
        Probe("the token that crosses p stays", logits=torch.tensor([_halves(rng, *EXACT)]), p=0.6),
        Probe(
            "p exactly reached: no further token",
            logits=torch.tensor([_halves(rng, *EXACT), _halves(rng, *EXACT)]),
            p=0.75,
        ),
        Probe("p exactly reached by the first token", logits=torch.tensor([_halves(rng, *EXACT)]), p=0.5),
        Probe("p close to 0 keeps the most likely token", logits=_distinct(rng, 2, 6), p=1e-6),
        Probe("p = 1 is off", logits=_distinct(rng, 2, 6), p=1.0),
        Probe("p = 1 is off for tokens of almost no probability, too", logits=_distinct(rng, 2, 7, 40.0), p=1.0),
        Probe("a flat, a middling and a peaked row", logits=uneven, p=0.7, weight=2),
        Probe("-inf is already out", logits=torch.tensor([[0.5, -INF, 2.0, -INF, 1.0]]), p=0.9),
        Probe("any p, four rows", logits=_distinct(rng, 4, 12), p=rng.randrange(30, 95) / 100, weight=2),
        Probe("p = 0 is refused", logits=_distinct(rng, 1, 5), p=0.0),
        Probe("p above 1 is refused", logits=_distinct(rng, 1, 5), p=1.2),
    ]


def _check_p(p):
    _refuse(not 0 < p <= 1, f"p must be above 0 and at most 1, got {p}")


@top_p.oracle
def oracle_top_p(logits, p):
    _check_p(p)
    return TopPLogitsWarper(p)(None, logits)


def _nucleus(logits, p, keeps):
    """Sort descending, decide with ``keeps(shares, cumulative)``, unsort."""
    _check_p(p)
    if p == 1:
        return logits
    ordered, ids = logits.sort(-1, descending=True)
    shares = ordered.softmax(-1)
    keep = keeps(shares, shares.cumsum(-1))
    return logits.masked_fill(~torch.zeros_like(keep).scatter(-1, ids, keep), -INF)


@top_p.misconception
def drops_the_crossing_token(logits, p):
    """The token that crosses p was cut. The nucleus is the smallest set that *reaches* p, so this token belongs to it:
    compare p with the sum *before* a token, not after it."""
    return _nucleus(logits, p, lambda shares, total: total <= p)


@top_p.misconception
def keeps_one_token_more(logits, p):
    """One token more than needed stays, after the set already reached p. The mask was shifted once too often."""
    return _nucleus(logits, p, lambda shares, total: total - shares - shares.roll(1, -1) < p)


@top_p.misconception
def goes_on_at_the_exact_edge(logits, p):
    """Where the sum is exactly p, one token too many stays: p is reached, so stop. Keep a token if the sum before it is
    strictly below p."""
    return _nucleus(logits, p, lambda shares, total: total - shares <= p)


@top_p.misconception
def forgets_to_unsort(logits, p):
    """The mask is in sorted order and the logits are in the order of the ids, so wrong tokens are cut. Scatter the mask
    back through the indices that sort returned."""
    _check_p(p)
    if p == 1:
        return logits
    shares = logits.sort(-1, descending=True).values.softmax(-1)
    return logits.masked_fill(shares.cumsum(-1) - shares >= p, -INF)


@top_p.misconception
def returns_the_sorted_row(logits, p):
    """The result is sorted, so column i no longer belongs to token i. Bring it back to the order of the ids."""
    return oracle_top_p(logits, p).sort(-1, descending=True).values


@top_p.misconception
def keeps_a_fixed_number(logits, p):
    """All rows keep the same number of tokens. How many are needed to reach p depends on the row: few where the model
    is sure, many where it is not."""
    _check_p(p)
    number = int(oracle_top_p(logits[:1], p).isfinite().sum())
    return _keep_at_least(logits, number)


@top_p.misconception
def reads_p_as_min_p(logits, p):
    """Tokens were compared one by one with a share of the top probability. That is min-p, exercise 6; top-p is about
    the *sum* of the kept ones."""
    _check_p(p)
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < p * probs.amax(-1, keepdim=True), -INF)


@top_p.misconception
def does_nothing(logits, p):
    """Nothing was cut. Was the mask computed and then not used? masked_fill returns a new tensor; it does not change
    the old one."""
    _check_p(p)
    return logits


@top_p.misconception
def does_not_renormalise(logits, p):
    """The result holds probabilities, 0 for the cut ones, and they no longer add up to 1. Return *logits*, with -inf
    for the cut ones: softmax, at the end, renormalises by itself."""
    return logits.softmax(-1).masked_fill(oracle_top_p(logits, p) == -INF, 0.0)


@top_p.misconception
def cuts_the_tail_at_one(logits, p):
    """At p = 1 some very unlikely tokens were cut: a sum of rounded numbers reaches 1 before the last token does.
    p = 1 means off, so return early."""
    return _nucleus(logits, min(p, 1 - 1e-9) if p <= 1 else p, lambda shares, total: total - shares < p)


@top_p.misconception
def leaves_nothing_at_a_small_p(logits, p):
    """With a small p no token was left. The most likely token always stays."""
    return _nucleus(logits, p, lambda shares, total: (total - shares < p) & (shares >= 1e-6) & (p >= 1e-3))


@top_p.misconception
def accumulates_logits(logits, p):
    """The cumulative sum runs over logits. It is probabilities that add up to 1: softmax first."""
    _check_p(p)
    if p == 1:
        return logits
    ordered, ids = logits.sort(-1, descending=True)
    keep = ordered.cumsum(-1) - ordered < p
    return logits.masked_fill(~torch.zeros_like(keep).scatter(-1, ids, keep), -INF)


@top_p.misconception
def accepts_every_p(logits, p):
    """The tokens are right, but a p that makes no sense went through. Refuse p <= 0 and p > 1 with a ValueError."""
    return oracle_top_p(logits, min(max(p, 1e-9), 1.0))


@top_p.alternative
def descending(logits, p):
    """Sums from the top, as most people write it."""
    return _nucleus(logits, p, lambda shares, total: total - shares < p)


@top_p.alternative
def by_cumulative_loop(logits, p):
    """Row by row, token by token."""
    if not 0 < p <= 1:
        raise ValueError("p is not in (0, 1]")
    if p == 1.0:
        return logits.clone()
    out = torch.full_like(logits, -INF)
    for row, probs in enumerate(logits.softmax(-1)):
        total = 0.0
        for token in probs.argsort(descending=True).tolist():
            if total >= p:
                break
            out[row, token] = logits[row, token]
            total += float(probs[token])
    return out


# --- 6 min_p ----------------------------------------------------------------------------------------------------

min_p = Exercise("min_p", points=2, tolerance=1e-6)


@min_p.probes
def _(rng: random.Random) -> list[Probe]:
    uneven = _distinct(rng, 3, 10) * torch.tensor([[0.2], [1.0], [3.0]])
    return [
        Probe("m = 0 is off", logits=_distinct(rng, 2, 6), m=0.0),
        Probe("m = 1 keeps the most likely token", logits=_distinct(rng, 2, 6), m=1.0),
        Probe("exactly m times the top probability stays", logits=torch.tensor([_halves(rng, *EXACT)]), m=0.25),
        Probe("all equal: none is below the top", logits=torch.zeros(1, 5), m=0.9),
        Probe("a flat, a middling and a peaked row", logits=uneven, m=0.3, weight=2),
        Probe("-inf is already out", logits=torch.tensor([[0.5, -INF, 2.0, -INF, 1.0]]), m=0.2),
        Probe("any m, four rows", logits=_distinct(rng, 4, 12), m=rng.randrange(2, 60) / 100, weight=2),
        Probe("a negative m is refused", logits=_distinct(rng, 1, 5), m=-0.1),
        Probe("m above 1 is refused", logits=_distinct(rng, 1, 5), m=1.5),
    ]


def _check_m(m):
    _refuse(not 0 <= m <= 1, f"m must lie between 0 and 1, got {m}")


@min_p.oracle
def oracle_min_p(logits, m):
    _check_m(m)
    return MinPLogitsWarper(m)(None, logits)


@min_p.misconception
def absolute_floor(logits, m):
    """m was read as a probability of its own. It is relative: a token stays if it has at least m times the probability
    of the *most likely* token of its row."""
    _check_m(m)
    return logits.masked_fill(logits.softmax(-1) < m, -INF)


@min_p.misconception
def read_as_top_p(logits, m):
    """The kept probabilities were summed up to m. That is top-p; min-p looks at each token alone."""
    _check_m(m)
    return logits if m == 0 else oracle_top_p(logits, m)


@min_p.misconception
def strict_inequality(logits, m):
    """A token with exactly m times the top probability was cut; with m = 1 even the best one. Cut what is strictly
    below."""
    _check_m(m)
    probs = logits.softmax(-1)
    return logits.masked_fill(probs <= m * probs.amax(-1, keepdim=True), -INF) if m else logits


@min_p.misconception
def compares_logits(logits, m):
    """Logits were compared with m times the top logit. Ratios make sense for probabilities only: a logit may be
    negative, and a constant added to all of them must change nothing."""
    _check_m(m)
    return logits.masked_fill(logits < m * logits.amax(-1, keepdim=True), -INF)


@min_p.misconception
def top_of_the_whole_batch(logits, m):
    """The top probability was taken over all rows. Each row has its own: amax(-1, keepdim=True)."""
    _check_m(m)
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.max(), -INF)


@min_p.misconception
def keeps_the_improbable(logits, m):
    """The likely tokens were cut and the unlikely ones stay: the comparison is the wrong way round."""
    _check_m(m)
    probs = logits.softmax(-1)
    return logits.masked_fill(probs >= m * probs.amax(-1, keepdim=True), -INF)


@min_p.misconception
def returns_shares_not_logits(logits, m):
    """The result holds probabilities. Return logits, -inf for the cut ones, so that the next step can go on."""
    return logits.softmax(-1).masked_fill(oracle_min_p(logits, m) == -INF, 0.0)


@min_p.misconception
def accepts_every_m(logits, m):
    """An m below 0 or above 1 went through. With m > 1 not even the best token would stay: refuse it with a
    ValueError."""
    return oracle_min_p(logits, min(max(m, 0.0), 1.0))


@min_p.alternative
def on_the_scale_of_logits(logits, m):
    """A ratio of probabilities is a difference of logits."""
    if m < 0 or m > 1:
        raise ValueError("m is not in [0, 1]")
    gap = math.log(m) if m else -INF
    return torch.where(logits - logits.max(-1, keepdim=True).values >= gap - 1e-7, logits, -INF)


# --- 7 warp -----------------------------------------------------------------------------------------------------

warp = Exercise("warp", points=4, tolerance=1e-5)


@warp.probes
def _(rng: random.Random) -> list[Probe]:
    def probe(name: str, logits: torch.Tensor, T=1.0, k=0, p=1.0, m=0.0, **weight: float) -> Probe:
        return Probe(name, logits=logits, T=T, k=k, p=p, m=m, **weight)

    def shares(*percent: int) -> list[float]:
        row = [math.log(x) for x in percent]
        rng.shuffle(row)
        return row

    return [
        probe("everything off", _distinct(rng, 2, 6)),
        probe("[3, 2, 1, 0] at T = 2 and p = 0.8", torch.tensor([[3.0, 2.0, 1.0, 0.0]]), T=2.0, p=0.8, weight=2),
        probe("k = 2, then p = 0.5", torch.tensor([shares(40, 30, 20, 10)]), k=2, p=0.5, weight=2),
        probe("p = 0.55, then m = 0.6", torch.tensor([shares(40, 30, 20, 10), shares(10, 20, 30, 40)]), p=0.55, m=0.6),
        probe("only m", _distinct(rng, 2, 9), m=0.2),
        probe("a cool temperature and m", _distinct(rng, 2, 9), T=0.6, m=0.05),
        probe("all four, three rows", _distinct(rng, 3, 14), T=1.7, k=8, p=0.9, m=0.1, weight=2),
        probe(
            "all four, any settings",
            _distinct(rng, 3, 14),
            T=rng.randrange(50, 250) / 100,
            k=rng.randrange(3, 12),
            p=rng.randrange(60, 99) / 100,
            m=rng.randrange(1, 20) / 100,
            weight=2,
        ),
        probe("some tokens are out already", torch.tensor([[1.0, -INF, 0.5, -INF], [0.0, 2.0, -INF, 1.0]]), T=0.5, k=3),
        probe("NaN is refused", torch.tensor([[1.0, 2.0, 0.5], [1.0, NAN, 0.0]])),
        probe("a row of -inf alone is refused", torch.tensor([[1.0, 2.0, 0.5], [-INF, -INF, -INF]])),
    ]


def _check_logits(logits):
    _refuse(bool(logits.isnan().any()), "the logits hold NaN")
    _refuse(bool((logits == -INF).all(-1).any()), "a row has no token left: every logit is -inf")


@warp.oracle
def oracle_warp(logits, T, k, p, m):
    _check_logits(logits)
    steps = LogitsProcessorList([TemperatureLogitsWarper(float(T))])
    steps += [TopKLogitsWarper(k)] if k else []
    return LogitsProcessorList([*steps, TopPLogitsWarper(p), MinPLogitsWarper(m)])(None, logits)


@warp.misconception
def truncates_before_temperature(logits, T, k, p, m):
    """The cuts were made before the temperature. The library divides by T first, so a high temperature also lets more
    tokens through top-p and min-p: [3, 2, 1, 0] at T = 2 and p = 0.8 keeps 3 tokens, not 2."""
    _check_logits(logits)
    return oracle_apply_temperature(oracle_min_p(oracle_top_p(oracle_top_k(logits, k), p), m), T)


@warp.misconception
def top_p_before_top_k(logits, T, k, p, m):
    """top-p came before top-k. After top-k the shares of the kept tokens are larger, so top-p needs fewer of them: the
    order changes the result, and the library's is k, then p."""
    _check_logits(logits)
    logits = oracle_apply_temperature(logits, T)
    return oracle_min_p(oracle_top_k(oracle_top_p(logits, p), k), m)


@warp.misconception
def min_p_before_top_p(logits, T, k, p, m):
    """min-p came before top-p. After min-p the kept shares are larger and top-p needs fewer tokens; the library cuts
    with min-p last."""
    _check_logits(logits)
    logits = oracle_apply_temperature(logits, T)
    return oracle_top_p(oracle_min_p(oracle_top_k(logits, k), m), p)


@warp.misconception
def forgets_min_p(logits, T, k, p, m):
    """min-p was left out: its m has no effect. Warp with every argument that the function takes."""
    _check_logits(logits)
    return oracle_warp(logits, T, k, p, 0.0)


@warp.misconception
def forgets_temperature(logits, T, k, p, m):
    """The temperature was left out: its T has no effect. Each step takes the result of the step before."""
    _check_logits(logits)
    return oracle_warp(logits, 1.0, k, p, m)


@warp.misconception
def lets_bad_logits_through(logits, T, k, p, m):
    """NaN, or a row with nothing but -inf, went through. Softmax turns both into NaN for the whole row, and the draw
    then fails far away from the cause: refuse them here."""
    try:
        return oracle_warp(logits, T, k, p, m)
    except ValueError:
        return logits.clone()


@warp.misconception
def refuses_every_infinity(logits, T, k, p, m):
    """A row with *some* -inf was refused. A token that is out already is ordinary; only a row in which all are out has
    nothing to draw from."""
    _refuse(bool((logits == -INF).any()), "there is a -inf")
    return oracle_warp(logits, T, k, p, m)


@warp.misconception
def looks_at_the_first_row(logits, T, k, p, m):
    """A bad row that is not the first went through. Test every row: all(-1) answers row by row, any() over the rows."""
    _check_logits(logits[:1])
    return logits.clone() if logits.isnan().any() else oracle_warp(logits.clamp(min=-1e30), T, k, p, m)


@warp.alternative
def step_by_step(logits, T, k, p, m):
    if logits.isnan().any() or logits.amax(-1).isinf().any():
        raise ValueError("a row has no usable logits")
    logits = multiplies_by_the_inverse(logits, T)
    return on_the_scale_of_logits(descending(by_sorting(logits, k), p), m)


# --- 8 repetition penalty ---------------------------------------------------------------------------------------

repetition_penalty = Exercise("repetition_penalty", points=3, tolerance=1e-6)


@repetition_penalty.probes
def _(rng: random.Random) -> list[Probe]:
    signs = torch.tensor([[2.0, -1.0, 0.0, 3.0, -2.0, 1.0]])
    many = torch.tensor([[5, 5, 5, 2, 2, 7, 5], [1, 1, 0, 9, 9, 9, 9]])
    return [
        Probe("penalty 1 changes nothing", logits=_distinct(rng, 2, 6), ids=_prompt(rng, 2, 3, 6), penalty=1.0),
        Probe("a positive and a negative logit", logits=signs, ids=torch.tensor([[0, 1]]), penalty=2.0),
        Probe("the first token of the prompt counts too", logits=signs, ids=torch.tensor([[4, 2, 5]]), penalty=1.5),
        Probe("a token that occurs often", logits=_distinct(rng, 2, 10), ids=many, penalty=1.5, weight=2),
        Probe("rows with different tokens", logits=_distinct(rng, 3, 12), ids=_prompt(rng, 3, 5, 12), penalty=1.3),
        Probe("below 1 it is a reward", logits=_distinct(rng, 2, 8), ids=_prompt(rng, 2, 4, 8), penalty=0.5),
        Probe("-inf stays -inf", logits=torch.tensor([[1.0, -INF, -2.0]]), ids=torch.tensor([[1, 2]]), penalty=2.0),
        Probe(
            "any penalty, four rows",
            logits=_distinct(rng, 4, 15),
            ids=_prompt(rng, 4, 12, 15),
            penalty=rng.randrange(105, 250) / 100,
            weight=2,
        ),
        Probe("a penalty of 0 is refused", logits=_distinct(rng, 1, 4), ids=_prompt(rng, 1, 2, 4), penalty=0.0),
    ]


@repetition_penalty.oracle
def oracle_repetition_penalty(logits, ids, penalty):
    return RepetitionPenaltyLogitsProcessor(float(penalty))(ids, logits)


def _seen(logits, ids):
    return torch.zeros_like(logits, dtype=torch.bool).scatter(1, ids, True)


@repetition_penalty.misconception
def always_divides(logits, ids, penalty):
    """Every seen logit was divided. A negative logit divided by 2 comes closer to 0 and gets *likelier*: multiply the
    negative ones."""
    _refuse(penalty <= 0, "penalty")
    return torch.where(_seen(logits, ids), logits / penalty, logits)


@repetition_penalty.misconception
def always_multiplies(logits, ids, penalty):
    """Every seen logit was multiplied. That makes a positive logit larger and its token likelier: divide the positive
    ones."""
    _refuse(penalty <= 0, "penalty")
    return torch.where(_seen(logits, ids), logits * penalty, logits)


@repetition_penalty.misconception
def rewards(logits, ids, penalty):
    """Positive logits were multiplied and negative ones divided, so what was said gets likelier. It is the other way
    round."""
    return oracle_repetition_penalty(logits, ids, 1 / penalty if penalty else 0.0)


@repetition_penalty.misconception
def once_per_occurrence(logits, ids, penalty):
    """A token that occurs three times was penalised three times. Once for each distinct token: read the logits of the
    seen ids first, change them, write them back once."""
    _refuse(penalty <= 0, "penalty")
    out = logits.clone()
    for row, tokens in enumerate(ids.tolist()):
        for token in tokens:
            out[row, token] = out[row, token] / penalty if out[row, token] > 0 else out[row, token] * penalty
    return out


@repetition_penalty.misconception
def only_the_newest_token(logits, ids, penalty):
    """Only the last token was penalised. All that stand in `ids` count, those of the prompt included."""
    return oracle_repetition_penalty(logits, ids[:, -1:], penalty)


@repetition_penalty.misconception
def skips_the_first_token(logits, ids, penalty):
    """The first token of the sequence was spared. All tokens in `ids` count, from the first one of the prompt on."""
    return oracle_repetition_penalty(logits, ids[:, 1:], penalty)


@repetition_penalty.misconception
def leaks_between_rows(logits, ids, penalty):
    """Tokens of one row were penalised in another. Row i of `ids` belongs to row i of the logits."""
    return oracle_repetition_penalty(logits, ids.reshape(1, -1).expand(len(logits), -1), penalty)


@repetition_penalty.misconception
def subtracts(logits, ids, penalty):
    """The penalty was subtracted. That is another method (a presence penalty); this one divides or multiplies."""
    _refuse(penalty <= 0, "penalty")
    return logits - _seen(logits, ids) * (penalty - 1)


@repetition_penalty.misconception
def penalises_in_place(logits, ids, penalty):
    """The caller's logits were changed. scatter without an underscore returns a new tensor."""
    logits[:] = oracle_repetition_penalty(logits, ids, penalty)
    return logits


@repetition_penalty.misconception
def accepts_every_penalty(logits, ids, penalty):
    """A penalty of 0 or less went through: it divides by zero, or turns signs over. Refuse it with a ValueError."""
    score = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(score < 0, score * penalty, score / penalty))


@repetition_penalty.alternative
def with_a_mask(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("the penalty must be positive")
    return torch.where(_seen(logits, ids), torch.where(logits > 0, logits / penalty, logits * penalty), logits)


@repetition_penalty.alternative
def with_sets(logits, ids, penalty):
    """Row by row, over the set of ids."""
    if not penalty > 0:
        raise ValueError("the penalty must be positive")
    out = logits.clone()
    for row, tokens in enumerate(ids.tolist()):
        for token in set(tokens):
            out[row, token] *= penalty if logits[row, token] < 0 else 1 / penalty
    return out


# --- 9 sample ---------------------------------------------------------------------------------------------------

sample = Exercise("sample", points=6, live="sample")
OFF = {"T": 1.0, "k": 0, "p": 1.0, "m": 0.0, "penalty": 1.0, "eos_id": None, "pad_id": 0}


@sample.probes
def _(rng: random.Random) -> list[Probe]:
    def probe(name: str, model: Resource, ids: Any, n: int, weight: float = 1.0, **settings: Any) -> Probe:
        args = {"model": model, "ids": ids, "n": n, "seed": rng.randrange(1000)} | OFF | settings
        return Probe(name, weight=weight, **args)

    wide = _model(rng, vocab_size=211)
    return [
        probe("one row, everything off", _model(rng), _prompt(rng, 1, 4), 9),
        probe("two different rows", _model(rng), _prompt(rng, 2, 4), 9, weight=2),
        probe("211 tokens and k = 0: none is cut", wide, _prompt(rng, 2, 3, 211), 12, T=2.0),
        probe("temperature and top-p", _model(rng), _prompt(rng, 2, 3), 14, T=2.5, p=0.6),
        probe("top-k, then top-p, then min-p", _model(rng), _prompt(rng, 3, 4), 12, T=1.5, k=6, p=0.75, m=0.05),
        probe("a repetition penalty", _model(rng), _prompt(rng, 2, 12), 10, penalty=1.8, T=1.2),
        probe("a penalty with top-k", _model(rng), _prompt(rng, 2, 12), 12, penalty=2.5, k=4),
        _ends_early(rng, "one row ends early, the other goes on", 12, all_rows=False),
        _ends_early(rng, "all rows end before n: so does the loop", 25, all_rows=True),
        probe("an empty prompt is refused", _model(rng), torch.zeros(1, 0, dtype=torch.int64), 3),
        probe("rows of unequal length are refused", _model(rng), [[3, 1, 4], [1, 5]], 3),
        probe("a prompt longer than the context is refused", _model(rng), _prompt(rng, 1, 40), 3),
    ]


def _ends_early(rng: random.Random, name: str, n: int, all_rows: bool) -> Probe:
    """A run in which row 0 ends at its third token, and the other row never, or else later but before n."""
    while True:
        args = {"model": _model(rng), "ids": _prompt(rng, 2, 3), "n": n, "seed": rng.randrange(1000)} | OFF
        args |= {"T": 1.5, "pad_id": rng.randrange(31)}
        model = probe_model(**args["model"].settings)
        first, second = LIVE["sample"](*(args | {"model": model}).values())[:, 3:].tolist()
        eos = first[2]
        later = eos in second[4 : n - 3] if all_rows else eos not in second
        if eos not in (*first[:2], *second[:4], args["pad_id"]) and later:
            return Probe(name, weight=2, **(args | {"eos_id": eos}))


def _scores(logits, ids, T, k, p, m, penalty):
    return oracle_warp(oracle_repetition_penalty(logits, ids, penalty), T, k, p, m)


def _multinomial(probs, live):
    return torch.multinomial(probs, 1)[:, 0]


def _sampler(
    model, ids, n, seed, T, k, p, m, penalty, eos_id, pad_id, scores=_scores, choose=_multinomial, every=False
):
    """The loop, to be bent: ``scores`` makes the final scores of a step, ``choose`` a token for each row."""
    ids = _check_prompt(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        if every:
            torch.manual_seed(seed)
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        token = choose(scores(logits, ids, T, k, p, m, penalty).softmax(-1), live)
        token = torch.where(live, token, pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        live = live & (token != eos_id) if eos_id is not None else live
        if not live.any():
            break
    return ids


@sample.misconception
def sets_the_seed_at_every_step(*args):
    """The seed is set again at every step, so every step meets the same random numbers. Set it once, before the
    loop."""
    return _sampler(*args, every=True)


@sample.misconception
def truncates_first(*args):
    """The tokens differ as soon as temperature and a cut are combined: the cuts came before the temperature. Use your
    `warp`, which has the library's order."""

    def scores(logits, ids, T, k, p, m, penalty):
        return oracle_apply_temperature(_scores(logits, ids, 1.0, k, p, m, penalty), T)

    return _sampler(*args, scores=scores)


@sample.misconception
def hidden_top_k(*args):
    """Only the 50 best tokens were drawn from although k is 0. That is the library's hidden default; `k = 0` turns it
    off."""

    def scores(logits, ids, T, k, p, m, penalty):
        return _scores(logits, ids, T, k or 50, p, m, penalty)

    return _sampler(*args, scores=scores)


@sample.misconception
def penalises_new_tokens_only(model, ids, *args):
    """The repetition penalty saw only the new tokens. In `model.generate` the prompt counts too: hand over all ids so
    far."""
    start = len(ids[0])

    def scores(logits, ids, T, k, p, m, penalty):
        return oracle_warp(oracle_repetition_penalty(logits, ids[:, start:], penalty), T, k, p, m)

    return _sampler(model, ids, *args, scores=scores)


@sample.misconception
def penalises_after_the_cuts(*args):
    """The repetition penalty came after the cuts. It must come first, so that a penalised token can fall out of
    top-k."""

    def scores(logits, ids, T, k, p, m, penalty):
        return oracle_repetition_penalty(oracle_warp(logits, T, k, p, m), ids, penalty)

    return _sampler(*args, scores=scores)


@sample.misconception
def forgets_the_penalty(*args):
    """The repetition penalty had no effect: it goes between the model's logits and `warp`."""

    def scores(logits, ids, T, k, p, m, penalty):
        return oracle_warp(logits, T, k, p, m)

    return _sampler(*args, scores=scores)


@sample.misconception
def draws_for_live_rows_only(*args):
    """Random numbers were drawn for the unfinished rows only. The library draws for every row at every step, finished
    ones included, and throws the pads' draws away: with fewer draws, all later ones are other numbers."""

    def choose(probs, live):
        token = torch.zeros(len(probs), dtype=torch.int64)
        token[live] = torch.multinomial(probs[live], 1)[:, 0]
        return token

    return _sampler(*args, choose=choose)


@sample.misconception
def draws_by_inverse_cdf(*args):
    """The distribution is right and the random numbers are others: torch.rand with `draw` spends one number a row,
    torch.multinomial spends one for every token. To get the same tokens, use torch.multinomial."""

    def choose(probs, live):
        return oracle_draw(probs, torch.rand(len(probs)))

    return _sampler(*args, choose=choose)


@sample.misconception
def row_by_row(model, ids, n, seed, T, k, p, m, penalty, eos_id, pad_id):
    """Each row was generated by itself. One seed then serves every row afresh, or the numbers come in another order:
    run the batch as one, one torch.multinomial a step."""
    ids = _check_prompt(model, ids, n)
    rows = [_sampler(model, row[None], n, seed, T, k, p, m, penalty, eos_id, pad_id)[0] for row in ids]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad_id)


@sample.misconception
def takes_the_most_likely(*args):
    """The most likely token came every time: that is greedy decoding. Draw from the probabilities."""
    return _sampler(*args, choose=lambda probs, live: probs.argmax(-1))


@sample.misconception
def keeps_talking(*args):
    """A row went on after its end token. From then on its columns hold pad_id, while other rows continue."""
    *rest, _eos_id, pad_id = args
    return _sampler(*rest, None, pad_id)


@sample.misconception
def stops_at_the_first_end(model, ids, n, *args):
    """The first row that ended stopped the whole batch. Go on until all rows have ended, or n tokens are written."""
    out, length, eos_id = _sampler(model, ids, n, *args), len(ids[0]), args[-2]
    ended = (out[:, length:] == eos_id).any(0) if eos_id is not None else torch.zeros(1, dtype=torch.bool)
    return out[:, : length + 1 + int(ended.int().argmax())] if ended.any() else out


@sample.misconception
def always_writes_n_columns(model, ids, n, *args):
    """All rows had ended and the loop went on, writing pads. Stop as soon as no row is unfinished."""
    out, pad_id = _sampler(model, ids, n, *args), args[-1]
    return torch.nn.functional.pad(out, (0, len(ids[0]) + n - out.shape[1]), value=pad_id)


@sample.misconception
def pads_over_the_end(model, ids, n, *args):
    """The end token is missing: it belongs to the output, and pads begin one column later."""
    out, length, (eos_id, pad_id) = _sampler(model, ids, n, *args), len(ids[0]), args[-2:]
    new = out[:, length:]
    return torch.cat([out[:, :length], torch.where(new == eos_id, pad_id, new)], 1) if eos_id is not None else out


@sample.misconception
def samples_from_any_prompt(model, ids, n, *args):
    """The tokens are right, but a prompt that cannot work was not refused with a ValueError. Begin with the
    `prompt_batch` of exercise 1."""
    try:
        return _sampler(model, ids, n, *args)
    except ValueError:
        return torch.as_tensor([[*row, *[0] * n] for row in ([0, 0], [0, 0])])


@sample.alternative
def with_a_generator(model, ids, n, seed, T, k, p, m, penalty, eos_id, pad_id):
    """A generator of its own: the same numbers, and the global state stays untouched."""
    generator = torch.Generator().manual_seed(seed)

    def choose(probs, live):
        return torch.multinomial(probs, 1, generator=generator)[:, 0]

    return _sampler(model, ids, n, seed, T, k, p, m, penalty, eos_id, pad_id, choose=choose)


@sample.alternative
def with_an_exponential_race(*args):
    """What torch.multinomial does inside: one exponential for each token, divided by its probability; the first
    wins."""

    def choose(probs, live):
        return (probs / torch.empty_like(probs).exponential_(1)).argmax(-1)

    return _sampler(*args, choose=choose)


@sample.alternative
def into_prepared_columns(model, ids, n, seed, T, k, p, m, penalty, eos_id, pad_id):
    """Pads everywhere first, then one column after the other."""
    if len({len(row) for row in ids}) > 1 or not len(ids[0]):
        raise ValueError("not a batch")
    ids = torch.as_tensor(ids)
    rows, start = ids.shape
    if start + n - 1 > model.config.n_positions:
        raise ValueError("too long")
    out = torch.full((rows, start + n), pad_id)
    out[:, :start] = ids
    finished, end = torch.zeros(rows, dtype=torch.bool), start
    torch.manual_seed(seed)
    while end < start + n and not finished.all():
        with torch.no_grad():
            scores = _scores(model(out[:, :end]).logits[:, -1, :], out[:, :end], T, k, p, m, penalty)
        token = torch.multinomial(scores.softmax(-1), num_samples=1)[:, 0]
        out[~finished, end] = token[~finished]
        finished |= token == (-1 if eos_id is None else eos_id)
        end += 1
    return out[:, :end]


# --- 10 check your understanding --------------------------------------------------------------------------------

predictions = Exercise("predictions", points=4, facets=("sealed",))
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "A": ({"do_sample": False, "temperature": 0.5}, {"do_sample": False, "temperature": 1.5}),
    "B": ({"do_sample": False}, {"do_sample": False, "temperature": 0.0}),
    "C": ({"do_sample": True, "temperature": 1.0}, {"do_sample": True, "temperature": 0.0}),
    "D": ({"do_sample": True, "temperature": 1.0, "seed": 7}, {"do_sample": True, "temperature": 1.0, "seed": 7}),
    "E": ({"do_sample": True, "temperature": 1.0, "seed": 7}, {"do_sample": True, "temperature": 1.0}),
    "F": ({"do_sample": True, "temperature": 0.7, "seed": 7}, {"do_sample": True, "temperature": 1.5, "seed": 7}),
    "G": ({"do_sample": False}, {"do_sample": False, "repetition_penalty": 1.5}),
    "H": ({"do_sample": False}, {"do_sample": True, "top_k": 1, "seed": 7}),
}
QUESTIONS = {
    "A": "greedy at two temperatures",
    "B": "greedy, and greedy with temperature 0",
    "C": "sampling, and sampling at temperature 0",
    "D": "sampling twice, the seed set before each call",
    "E": "sampling twice, the seed set once",
    "F": "sampling at two temperatures under one seed",
    "G": "greedy, without and with a repetition penalty",
    "H": "greedy, and sampling with top_k=1",
}


@predictions.probes
def _(rng: random.Random) -> list[Probe]:
    return [Probe(f"{pair}: {question}", pair=pair) for pair, question in QUESTIONS.items()]


@predictions.oracle
def oracle_predictions(pair):
    return _experiment(pair)


@functools.cache
def _experiment(pair: str) -> str:
    """Run both calls, one after the other, and compare."""
    model = probe_model(seed=3, eos_token_id=None, tie_word_embeddings=False)
    ids = torch.tensor([[3, 1, 4, 1, 5]])
    try:
        first, second = (_call(model, ids, **settings) for settings in PAIRS[pair])
    except ValueError:
        return "error"
    return "same" if torch.equal(first, second) else "different"


def _call(model, ids, seed: int | None = None, **settings):
    if seed is not None:
        torch.manual_seed(seed)
    return model.generate(ids, max_new_tokens=20, pad_token_id=0, **settings)


def _belief(**answers: str):
    return lambda pair: answers.get(pair) or _experiment(pair)


@predictions.misconception
def temperature_changes_greedy(pair):
    """One answer gives temperature a say where nothing is drawn. Divide [3, 2, 1] by 0.5 and by 1.5: is the largest
    score still in the same place?"""
    return _belief(A="different")(pair)


@predictions.misconception
def zero_fails_without_sampling(pair):
    """One answer lets temperature=0.0 fail, or matter, without sampling. Whoever never divides by T never divides by
    zero: which of the two ways of choosing uses T?"""
    return _belief(B="error")(pair)


@predictions.misconception
def zero_is_another_greedy(pair):
    """One answer treats temperature=0.0 with do_sample=True as a setting like others. Your own apply_temperature had
    to do something with T = 0: the library does the same."""
    return _belief(C="different")(pair)


@predictions.misconception
def zero_means_greedy(pair):
    """One answer expects temperature=0.0 with do_sample=True to run. Your own apply_temperature had to do something
    with T = 0: the library does the same."""
    return _belief(C="same")(pair)


@predictions.misconception
def sampling_always_differs(pair):
    """One answer says that two sampling runs differ although nothing tells them apart. The random numbers come from a
    generator whose whole state the seed sets."""
    return _belief(D="different")(pair)


@predictions.misconception
def a_seed_lasts(pair):
    """One answer lets a seed hold for later calls. A seed is a starting point: the first call uses up numbers, and the
    second goes on where it stopped."""
    return _belief(E="same")(pair)


@predictions.misconception
def a_seed_decides_alone(pair):
    """One answer lets the seed decide alone. The same random numbers meet two different distributions here."""
    return _belief(F="same")(pair)


@predictions.misconception
def only_weights_matter_for_greedy(pair):
    """One answer says that nothing but the weights can change a greedy run. Greedy ignores what warps for a draw; what
    changes the *order* of the scores comes before it."""
    return _belief(G="same")(pair)


@predictions.misconception
def sampling_is_never_greedy(pair):
    """One answer expects chance where there is no choice. How many tokens does top_k=1 leave to draw from?"""
    return _belief(H="different")(pair)


@predictions.misconception
def the_lesson_as_it_stands(pair):
    """Several answers follow the sentence "different temperatures, different outputs; temperature=0, always the same".
    Both halves need a condition: ask of each call first whether it draws at all."""
    return _belief(A="different", B="different", C="same")(pair)


@predictions.misconception
def nothing_written(pair):
    """An answer is none of the words "same", "different", "error"."""
    return "?"


@predictions.alternative
def by_rules(pair):
    """Reasoned, not run."""
    for settings in PAIRS[pair]:
        if settings["do_sample"] and settings.get("temperature") == 0:
            return "error"
    first, second = ({k: v for k, v in s.items() if s["do_sample"] or k == "repetition_penalty"} for s in PAIRS[pair])
    if second.get("top_k") == 1:
        return "same"
    return "same" if first == second else "different"
