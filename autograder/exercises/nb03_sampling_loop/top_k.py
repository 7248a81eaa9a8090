"""``top_k``: keep the k largest logits of each row, and all that tie with the k-th."""

import numpy as np
import torch
from transformers import TopKLogitsWarper

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, distinct_logits
from autograder.exercises.nb03_sampling_loop._shared import refuse  # noqa: F401 - in slips

exercise = Exercise(__name__, points=3, tolerance=1e-6)
exercise.rules("""
    keeps (2): the k largest logits of a row stay as they are, every other one becomes -inf
    scores: logits are compared as they are, however close, far apart, large or low they are; what is a little below the
        k-th largest goes
    ties: all tokens that tie with the k-th largest stay, and each of the tied counts
    rows: every row has a threshold of its own
    beyond: a k of the whole vocabulary or more, or of more than the tokens still in, keeps what was there
    off: k = 0 switches the step off: it changes nothing
    bits: logits in 16 or 64 bits give float32, too, whether tokens are cut or not
    refuses: a k below 0 is refused with a ValueError
""")
exercise.refuses(lambda logits, k: f"k must be 0 (off) or more, got {k}" if k < 0 else "")


@exercise.probes
def probes(rng):
    def probe(name, rule, logits, k, hidden=False):
        return Probe(name, rule=rule, hidden=hidden, logits=torch.as_tensor(logits), k=k)

    def shuffled(*row, level=0.0):
        row = [level + logit for logit in row]
        rng.shuffle(row)
        return row

    def level():  # not a multiple of 1/2: no logit of these rows is 0
        return rng.randrange(-12, 13) / 4 + 1 / 8

    def distinct(rows, width):
        """Logits without ties, none of them 0."""
        return distinct_logits(rng, rows, width) + 2**-12

    yield probe("k = 1 keeps the most likely token", "keeps", distinct(1, 6), 1)
    yield probe("any k", "keeps", distinct(1, 12), rng.randrange(2, 11))
    above, below = distinct_logits(rng, 2, 3, 1.9).tolist()
    row = shuffled(0.0, *(2 + logit for logit in above), *(logit - 2 for logit in below))
    yield probe("the smallest kept logit is 0", "keeps", [row], 4)
    yield probe("all logits are negative", "keeps", distinct(1, 9) - 5, 3, hidden=True)
    yield probe("all but one of 60 tokens", "keeps", distinct(1, 60), 59, hidden=True)
    yield probe("200 of 300 tokens", "keeps", distinct(1, 300), 200)
    yield probe("500 of 1,000 tokens", "keeps", distinct(1, 1000), 500, hidden=True)

    def close(width, level, step):
        """Logits that are ``step`` apart."""
        return torch.tensor([shuffled(*(place * step for place in range(width)), level=level)])

    yield probe("logits that are a millionth apart", "scores", close(6, 1.5, 2**-20), 3)
    yield probe("logits that are a thousandth apart", "scores", close(9, -2.5, 2**-10), 4)
    far = torch.tensor([shuffled(200.0, 100, 0, -100, -200, -300)]) + distinct_logits(rng, 1, 6)
    yield probe("logits from 200 down to -300", "scores", far, 4)
    yield probe("logits of 200, k = 1", "scores", distinct(1, 5) + 200, 1)
    yield probe("200 logits that are a millionth apart", "scores", close(200, 1.25, 2**-20), 120, hidden=True)
    yield probe("logits around -1,000", "scores", distinct(1, 8) - 1000, rng.randrange(2, 7), hidden=True)
    yield probe("logits from 200 down to -300, all but one stay", "scores", far.flip(-1), 5, hidden=True)

    yield probe("three tie with the last one kept", "ties", [shuffled(2.0, 1, 3, 1, -1, 1, level=level())], 3)
    yield probe("ties among the best count one by one", "ties", [shuffled(3.0, 3, 2, 1, 0, level=level())], 2)
    yield probe("the two best tie, k = 1", "ties", [shuffled(3.0, 3, 2, 1, 0, -1, level=level())], 1, hidden=True)
    yield probe("all are equal", "ties", [[level()] * rng.randrange(4, 9)], 2, hidden=True)
    yield probe("two rows, the second 30 higher", "rows", torch.tensor([[0.0], [30.0]]) + distinct(2, 7), 3)
    levels = torch.tensor([[0.0], *rng.sample([[-30.0], [50.0]], 2)])
    four = distinct(4, 4) + torch.tensor([[0.0], *rng.sample([[20.0], [9.0], [-15.0]], 3)])
    yield probe("as many rows as tokens", "rows", four, rng.randrange(2, 4), hidden=True)
    yield probe("three rows on different levels", "rows", levels + distinct(3, 9), 5, hidden=True)
    yield probe("k equal to the vocabulary", "beyond", distinct(1, 5), 5)
    yield probe("k beyond the vocabulary", "beyond", distinct(1, 5), 50)
    yield probe("fewer than k tokens are still in", "beyond", [shuffled(0.5, -INF, 2, -INF, 1, level=level())], 4)
    yield probe("k = 4 of 3, one is out", "beyond", [shuffled(-INF, 2, 1, level=level())], 4, hidden=True)
    yield probe("k = 0, two rows", "off", distinct(2, 5), 0)
    yield probe("k = 0, a vocabulary of 70", "off", distinct(1, 70), 0)
    yield probe("k = 0, some tokens are out", "off", [shuffled(-INF, 1, 0.5, -INF, level=level())], 0, hidden=True)

    def bits(name, k, rows, width, dtype=torch.bfloat16, hidden=False):
        """Logits that 16 bits hold exactly, none of them 0."""
        logits = [[x / 16 for x in rng.sample(range(-119, 120, 2), width)] for _ in range(rows)]
        return probe(name, "bits", torch.tensor(logits).to(dtype), k, hidden)

    yield bits("16-bit logits, k = 3", 3, 1, 8)
    yield bits("16-bit logits, k = 0", 0, 1, 6)
    yield bits("16-bit logits, k equal to the vocabulary", 5, 1, 5)
    yield bits("another 16-bit type, k equal to the vocabulary", 7, 1, 7, torch.float16, hidden=True)
    yield bits("64-bit logits, k = 0", 0, 2, 4, torch.float64, hidden=True)
    yield bits("64-bit logits, k = 2", 2, 1, 9, torch.float64, hidden=True)
    yield probe("k = -1 is refused", "refuses", distinct(1, 5), -1)
    yield probe("k = -3 is refused", "refuses", distinct(2, 5), -3, hidden=True)


@exercise.oracle
def oracle(logits, k):
    return TopKLogitsWarper(k)(None, logits.float()) if k else logits.float()


@exercise.reference
def reference(logits, k):
    logits = logits.float()
    if k:
        last = logits.topk(min(k, logits.shape[-1])).values[..., -1:]
        logits = logits.masked_fill(logits < last, -INF)
    return logits


exercise.slips("""
    one_more_than_k: min(k, => min(k + 1,
        One token too many stays. The k-th best stands at index k - 1 of a descending sort.
    zero_instead_of_minus_infinity: -INF => 0.0
        Cut tokens got the logit 0, an ordinary score and often a good one: exp(0) = 1. Only -inf becomes probability 0.
    mistakes_zero_for_cut: logits = logits.masked_fill(logits < last, -INF)
        => logits = torch.where(logits < last, 0.0, logits)
        =>         logits = logits.masked_fill(logits == 0, -INF)
        A kept logit of exactly 0 became -inf. The cut tokens were set to 0 first, and then all zeros to -inf: 0 is an
        ordinary logit. Set what is below the threshold to -inf in one step.
    cuts_with_a_large_number: -INF => -1e9
        Cut tokens got a large negative number. Probabilities may look right, but what counts -inf does not see that
        they are out, and a row with nothing left would draw from them. Use -torch.inf.
    threshold_of_the_first_row: .values[..., -1:] => .values[:1, -1:]
        The first row's threshold cut every row. Each row needs its own, as a column [B, 1]: topk(...).values[:, -1:].
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
    counts_near_ties: logits < last => logits < last - 1e-3
        A token a little below the k-th largest stayed, as if it tied with it. Numbers that were given are compared
        exactly: only what equals the k-th largest ties.
    counts_equals_within_rounding: logits < last => (logits < last) & ~torch.isclose(logits, last)
        A token a little below the k-th largest stayed, as if it tied with it. isclose and allclose are for results of
        a calculation; here nothing was calculated: compare with `<`.
    keeps_the_bits: logits = logits.float() => pass
        Logits in 16 (or 64) bits came back as they were, not as float32. Begin with logits.float(), before anything
        else.
    keeps_the_bits_if_off: logits = logits.float() => logits = logits.float() if k else logits
        With k = 0 logits in 16 (or 64) bits came back as they were, not as float32. Convert before you return early.
    keeps_the_bits_if_nothing_goes: logits = logits.float()
        => logits = logits.float() if 0 < k < logits.shape[1] else logits
        Where nothing is cut, logits in 16 (or 64) bits came back as they were, not as float32. Convert before you
        return early.
    counts_distinct_values: logits.topk(min(k, logits.shape[-1])).values[..., -1:]
        => torch.stack([row.unique()[-min(k, len(row.unique()))] for row in logits])[:, None]
        Equal logits were counted as one, so too many tokens stay. The threshold is the k-th largest *logit* of the row:
        of 3, 3, 2, 1 the second largest is 3.
    cuts_what_equals_the_threshold: logits < last => logits <= last
        The k-th token itself was cut, because `<=` is true for it. Cut what is strictly below it.
    fails_beyond_the_vocabulary: min(k, logits.shape[-1]) => k
        k may be larger than the vocabulary (50 is the library's default, and small vocabularies exist): clip it.
    refuses_beyond_the_vocabulary: last = => refuse("k is too large" if k > logits.shape[-1] else ""); last =
        A k above the number of tokens was refused. It is no mistake (50 is the library's default, and small
        vocabularies exist): it keeps everything.
    zero_cuts_everything: return logits => return logits if k else torch.full_like(logits, -INF)
        k = 0 means that this filter is off, as in `model.generate`. Here it left no token at all.
    zero_is_fifty: if k:
        => k = k or 50
        =>     if k:
        k = 0 kept 50 tokens: that is the library's default where no top_k is given. A k of 0 turns the filter off.
    refuses_zero (refuses nothing): if k:
        => refuse("k must be above 0" if k <= 0 else "")
        =>     if k:
        k = 0 was refused. It is how this filter is turned off: only what is below 0 is refused.
    cuts_in_place: logits.masked_fill( => logits.masked_fill_(
        The caller's logits were changed. Use masked_fill or torch.where, which return a new tensor.
    accepts_a_negative_k (refuses nothing): if k: => if k > 0:
        A negative k went through as if the filter were off. It is a mistake of the caller: say so with a ValueError.
    clips_at_the_number_of_rows: min(k, logits.shape[-1]) => min(k, len(logits))
        k was clipped at the number of rows: that is len() of a tensor [B, V]. The number of tokens is logits.shape[-1].
""")


@exercise.mistake
def compares_probabilities(logits, k):
    """
    Probabilities were compared, and those of low logits all round to 0: they tied, and too many stayed. Compare the
    logits themselves: softmax is not needed to find the largest.
    """
    probs = logits.float().softmax(-1)
    return torch.where(reference(probs, k).isfinite(), logits.float(), -INF)


@exercise.mistake
def compares_exponentials(logits, k):
    """
    exp of the logits was compared: it is infinite for large logits and 0 for low ones, which then tie, so too many
    stayed. Compare the logits themselves.
    """
    weights = logits.float().exp()
    threshold = weights.topk(min(k or logits.shape[1], logits.shape[1])).values[:, -1:]
    return torch.where(weights >= threshold, logits.float(), -INF)


@exercise.alternative
def by_counting_the_better_ones(logits, k):
    logits = logits.float()
    better = (logits[:, None, :] > logits[:, :, None]).sum(-1)
    return logits.masked_fill(better >= (k or logits.shape[1]), -INF)


@exercise.alternative
def row_by_row_in_double_precision(logits, k):
    out = logits.float().clone()
    for row, kept in zip(logits.double().tolist(), out, strict=True):
        threshold = sorted(row, reverse=True)[min(k or len(row), len(row)) - 1]
        for token, logit in enumerate(row):
            kept[token] = logit if logit >= threshold else -INF
    return out


@exercise.alternative
def with_numpy(logits, k):
    array, k = logits.float().numpy(), min(k or logits.shape[1], logits.shape[1])
    threshold = np.partition(array, -k, axis=-1)[:, [-k]]
    return torch.from_numpy(np.where(array < threshold, np.float32(-INF), array))
