"""``draw``: one token a row by the inverse of the cumulative distribution, for given random numbers."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import NAN

exercise = Exercise(__name__, points=3)
exercise.refuses(lambda probs, u: "probabilities must be numbers: a row holds NaN" if probs.isnan().any() else "")


@exercise.probes
def probes(rng):
    def weights(width):
        """Probabilities that are multiples of 1/64, some of them 0, so that all sums are exact."""
        cuts = sorted(rng.randrange(65) for _ in range(width - 1))
        return [(b - a) / 64 for a, b in zip([0, *cuts], [*cuts, 64], strict=True)]

    def probe(name, rows, u):
        return Probe(name, probs=torch.tensor(rows), u=torch.tensor(u))

    six = [weights(8) for _ in range(6)]
    yield probe("u inside the first share", [[0.5, 0.25, 0.25]], [0.3])
    yield probe("u inside the last share", [[0.5, 0.25, 0.25]], [0.8])
    yield probe("u = 0, and the first tokens have p = 0", [[0.0, 0.0, 0.75, 0.25]], [0.0])
    two = [[0.5, 0.0, 0.25, 0.25], [0.25, 0.25, 0.5, 0.0]]
    yield probe("u on an edge belongs to the next token that is possible", two, [0.5, 0.25])
    short = [[0.5, 0.25, 0.25 - 2**-20, 0.0, 0.0]]
    yield probe("the probabilities add up to a little less than 1 and u is beyond", short, [1 - 2**-21])
    yield probe("one certain token", [[0.0, 0.0, 1.0, 0.0]], [0.9999])
    yield probe("six rows, each with its own u", six, [(rng.randrange(64) + 0.5) / 64 for _ in six])
    yield probe("NaN probabilities are refused", [[0.5, NAN, 0.5]], [0.1])


@exercise.oracle
@exercise.reference
def reference(probs, u):
    ids = torch.searchsorted(probs.cumsum(-1), u[:, None], right=True)[:, 0]
    last = (torch.arange(probs.shape[1]) * (probs > 0)).amax(-1)  # the last token that is possible
    return torch.minimum(ids, last)


exercise.slips("""
    picks_an_impossible_token: , right=True =>
        A token with probability 0 was drawn, or the wrong side of an edge. Take the first token whose cumulative sum is
        *greater* than u: with greater-or-equal, u = 0 picks token 0 whatever its probability.
    falls_off_the_end: torch.minimum(ids, last) => ids
        Rounding can leave the sum below 1, and a u beyond it found no token. The last token with p > 0 takes the rest.
    clamps_to_the_last_id: torch.minimum(ids, last) => ids.clamp(max=probs.shape[1] - 1)
        A u beyond the cumulative sum went to the last id, whose probability is 0. The last *possible* token takes it.
    ignores_u: torch.minimum(ids, last) => probs.argmax(-1)
        The most likely token came out whatever u was. Here u decides: walk along the cumulative sum.
    one_id_too_far: torch.minimum(ids, last) => (torch.minimum(ids, last) + 1).clamp(max=probs.shape[1] - 1)
        Each id is one too high. The number of cumulative sums that are at most u *is* the id: nothing to add.
    one_id_too_low: torch.minimum(ids, last) => (torch.minimum(ids, last) - 1).clamp(min=0)
        Each id is one too low. The number of cumulative sums that are at most u *is* the id: nothing to subtract.
    one_u_for_all_rows: u[:, None] => u[:1].expand_as(u)[:, None]
        All rows used the first u. Row i is decided by u[i]: keep a dimension (u[:, None]) when you compare.
    returns_the_rank: torch.minimum(ids, last) => reference(probs.sort(-1, descending=True).values, u)
        The result is a rank in the sorted row, not a token id. Draw without sorting, or map the rank back to its id.
    sorts_before_it_draws: return torch.minimum(ids, last)
        => ordered, order = torch.sort(probs, dim=-1, descending=True, stable=True)
        =>     return order.gather(1, reference(ordered, u)[:, None])[:, 0]
        The shares were laid out from the most likely token down, so u meets another token. Keep the order of the ids.
    accepts_nan (refuses nothing): ids = => probs = probs.nan_to_num(0.0); ids =
        A row with NaN gave a token. It means nothing, as no comparison with NaN is true: refuse it with a ValueError.
""")


@exercise.alternative
def by_walking(probs, u):
    ids = []
    for row, point in zip(probs.tolist(), u.tolist(), strict=True):
        possible = [token for token, share in enumerate(row) if share > 0]
        ids.append(next((token for token in possible if sum(row[: token + 1]) > point), possible[-1]))
    return torch.tensor(ids)


@exercise.alternative
def by_counting(probs, u):
    reached = (probs.cumsum(-1) > u[:, None]) & (probs > 0)
    last = (probs > 0) & (probs.flip(-1).cumsum(-1).flip(-1) == probs)  # nothing possible after it
    return (reached | last).int().argmax(-1)
