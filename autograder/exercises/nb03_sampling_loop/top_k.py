"""``top_k``: keep the k largest logits of each row, and all that tie with the k-th."""

import torch
from transformers import TopKLogitsWarper

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, distinct_logits

exercise = Exercise(__name__, points=3, tolerance=1e-6)
exercise.refuses(lambda logits, k: f"k must be 0 (off) or more, got {k}" if k < 0 else "")


@exercise.probes
def probes(rng):
    ties = [2.0, 1.0, 3.0, 1.0, -1.0, 1.0]
    rng.shuffle(ties)
    yield Probe("k = 1 keeps the most likely token", logits=distinct_logits(rng, 2, 6), k=1)
    levels = torch.tensor([[0.0], [50.0]])
    yield Probe("k = 3, two rows on different levels", logits=levels + distinct_logits(rng, 2, 7), k=3)
    yield Probe("tokens that tie with the last one kept stay too", logits=torch.tensor([ties]), k=3)
    yield Probe("k equal to the vocabulary", logits=distinct_logits(rng, 2, 5), k=5)
    yield Probe("k beyond the vocabulary", logits=distinct_logits(rng, 2, 5), k=50)
    yield Probe("k = 0 is off", logits=distinct_logits(rng, 2, 5), k=0)
    yield Probe("-inf is already out", logits=torch.tensor([[0.5, -INF, 2.0, -INF, 1.0]]), k=4)
    yield Probe("any k, four rows", logits=distinct_logits(rng, 4, 12), k=rng.randrange(2, 11))
    yield Probe("a negative k is refused", logits=distinct_logits(rng, 1, 5), k=-1)


@exercise.oracle
def oracle(logits, k):
    return TopKLogitsWarper(k)(None, logits) if k else logits


@exercise.reference
def reference(logits, k):
    if k:
        last = logits.topk(min(k, logits.shape[-1])).values[..., -1:]
        logits = logits.masked_fill(logits < last, -INF)
    return logits


exercise.slips("""
    one_more_than_k: min(k, => min(k + 1,
        One token too many stays. The k-th best stands at index k - 1 of a descending sort.
    zero_instead_of_minus_infinity: -INF => 0.0
        Cut tokens got the logit 0, an ordinary score and often a good one: exp(0) = 1. Only -inf becomes probability 0.
    one_threshold_for_the_batch: logits.topk(min(k, logits.shape[-1])).values[..., -1:]
        => logits.flatten().topk(min(k, logits.shape[-1])).values[-1]
        One threshold served the whole batch. Every row needs its own: a shape [B, 1], from topk(...).values[:, -1:].
    keeps_the_worst: logits.topk(min(k, logits.shape[-1])).values[..., -1:]
        => logits.topk(min(k, logits.shape[-1]), largest=False).values[..., -1:]
        =>         return logits.masked_fill(logits > last, -INF)
        The k *least* likely tokens stay: the sort is ascending, or the comparison the wrong way round.
    keeps_exactly_k: last = logits.topk(min(k, logits.shape[-1])).values[..., -1:]
        => ids = torch.sort(logits, dim=-1, descending=True, stable=True).indices[..., :k]
        =>         return torch.full_like(logits, -INF).scatter(-1, ids, logits.gather(-1, ids))
        Exactly k tokens stay even where several share the last place. Which of them goes is then chance; the library
        cuts what is *below* the k-th value and keeps all ties.
    cuts_what_equals_the_threshold: logits < last => logits <= last
        The k-th token itself was cut, because `<=` is true for it. Cut what is strictly below it.
    fails_beyond_the_vocabulary: min(k, logits.shape[-1]) => k
        k may be larger than the vocabulary (50 is the library's default, and small vocabularies exist): clip it.
    zero_cuts_everything: return logits => return logits if k else torch.full_like(logits, -INF)
        k = 0 means that this filter is off, as in `model.generate`. Here it left no token at all.
    cuts_in_place: logits.masked_fill( => logits.masked_fill_(
        The caller's logits were changed. Use masked_fill or torch.where, which return a new tensor.
    accepts_a_negative_k (refuses nothing): if k: => if k > 0:
        A negative k went through as if the filter were off. It is a mistake of the caller: say so with a ValueError.
""")


@exercise.alternative
def by_counting_the_better_ones(logits, k):
    better = (logits[:, None, :] > logits[:, :, None]).sum(-1)
    return logits.masked_fill(better >= (k or logits.shape[1]), -INF)
