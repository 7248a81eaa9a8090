"""``draw``: one token a row by the inverse of the cumulative distribution, for given random numbers."""

import itertools

import numpy as np
import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import NAN
from autograder.exercises.nb03_sampling_loop._shared import refuse, until  # noqa: F401 - in slips

exercise = Exercise(__name__, points=3)
exercise.rules("""
    finds (2): the first token whose cumulative sum is greater than u is drawn; the shares lie in the order of the ids,
        each as it is, however small, and also where hundreds of tokens are added up
    edges: a u exactly on an edge belongs to the next possible token
    impossible: a token with probability 0 is never drawn, not even by u = 0
    beyond: if u is beyond the sum of the row, the last token with a probability above 0 is drawn, however small it is
    rows: row i is decided by u[i] and by its own probabilities
    refuses_nan: NaN among the probabilities is refused with a ValueError, in whatever row and place it is
""")
exercise.refuses(lambda probs, u: "probabilities must be numbers: a row holds NaN" if probs.isnan().any() else "")
ALMOST = 2**-20  # what is missing where a row adds up to less than 1


@exercise.probes
def probes(rng):
    """All probabilities are multiples of powers of two, so that their sums are exact in every precision.

    Only the rule ``finds`` has rows that do not descend, and only ``rows`` has different numbers u.
    """

    def shares(width, ordered=True, parts=256):
        """Positive multiples of 1/``parts`` that add up to 1."""
        cuts = [0, *sorted(rng.sample(range(1, parts), width - 1)), parts]
        row = [(b - a) / parts for a, b in itertools.pairwise(cuts)]
        return sorted(row, reverse=True) if ordered else row

    def edge(row, token):
        return sum(row[: token + 1])

    def inside(row, token, place=0.5):
        """A number in the share of ``token``: in the middle, or a little above (0) or below (1) an edge of it."""
        left, right = edge(row, token) - row[token], edge(row, token)
        return {0: left + 2**-22, 1: right - 2**-22}.get(place, (left + right) / 2)

    def probe(name, rule, rows, u, hidden=False):
        u = u if isinstance(u, list) else [u] * len(rows)
        return Probe(name, rule=rule, hidden=hidden, probs=torch.tensor(rows), u=torch.tensor(u))

    def unordered(width, place=0.5):
        """A row and a u that draws a token which is not the likeliest; from the sorted row it draws no neighbor."""

        def make():
            row, token = shares(width, ordered=False), rng.randrange(1, width - 1)
            return row, inside(row, token, place), token

        def hides_nothing(case):
            row, u, token = case
            ordered = sorted(row, reverse=True)
            other = row.index(ordered[reference(torch.tensor([ordered]), torch.tensor([u])).item()])
            return row[token] < ordered[0] and abs(other - token) > 1

        return until(hides_nothing, make)[:2]

    def finds(name, width, place=0.5, hidden=False):
        row, u = unordered(width, place)
        return probe(name, "finds", [row], u, hidden)

    yield finds("u in the middle of a share", 8)
    yield finds("u a little above the left edge of a share", 6, 0)
    yield finds("u a little below the right edge of a share", 6, 1)
    yield finds("40 tokens", 40, hidden=True)
    row, u = unordered(6)
    rows = [row, *(unordered(6)[0] for _ in range(4))]
    yield probe("five rows under one u", "finds", rows, u, hidden=True)

    def long(name, width, rows, place, hidden=False):
        """Rows with many shares, of which 16 bits hold no sum, and numbers u at the same place of other tokens."""

        def make():
            made = [shares(width, parts=2**16) for _ in range(rows)]
            tokens = [rng.randrange(width // 4, width // 2) for _ in range(rows)]
            return made, [inside(*pair, place) for pair in zip(made, tokens, strict=True)]

        def differ(case):
            probs, u = map(torch.tensor, case)
            coarse = (probs.bfloat16().cumsum(-1) <= u[:, None]).sum(-1)
            return bool((coarse != reference(probs, u)).all())

        made, u = until(differ, make)
        return probe(name, "finds", made, u, hidden)

    yield long("200 tokens, u a little above an edge", 200, 1, 0)
    yield long("300 tokens, u a little below an edge", 300, 1, 1)
    yield long("1,000 tokens, u in the middle of a share", 1000, 1, 0.5, hidden=True)
    tiny = [2.0 ** -rng.randrange(30, 60), *shares(rng.randrange(3, 6), ordered=False)]
    yield probe("u = 0, and the first token has almost no probability", "finds", [tiny], 0.0)
    row, token = shares(7), rng.randrange(6)
    yield probe("u on an edge belongs to the next token", "edges", [row], edge(row, token))
    row, token, zeros = shares(5), rng.randrange(4), [0.0] * rng.randrange(1, 4)
    row, u = [*row[: token + 1], *zeros, *row[token + 1 :]], edge(row, token)
    yield probe("behind the edge stand tokens with p = 0", "edges", [row], u)
    *row, last = shares(6)
    yield probe(
        "an edge of a row that adds up to a little less than 1", "edges",
        [[*row, last - ALMOST]], edge(row, rng.randrange(1, 5)),
    )  # fmt: skip
    quarters = [[0.5, 0.25, 0.25], [0.375, 0.125, 0.125, 0.125, 0.125, 0.125], [0.25, 0.25, 0.25, 0.25]]
    rows = [[0.0] * rng.randrange(4) + row for row in rng.sample(quarters, 3)]
    rows = [row + [0.0] * (10 - len(row)) for row in rows]
    yield probe("three rows, the same edge", "edges", rows, 0.5, hidden=True)

    def leading(least, most):
        return [0.0] * rng.randrange(least, most + 1)

    yield probe("u = 0, and the first tokens have p = 0", "impossible", [leading(1, 5) + shares(3)], 0.0)
    yield probe("u almost 0, and the first tokens have p = 0", "impossible", [leading(1, 5) + shares(3)], 2**-45)
    (a, b, c), zeros = shares(3), leading(1, 4)
    row, u = [a, *zeros, b, *zeros, c], rng.choice([a + b / 2, 1 - c / 2])
    yield probe("between the shares stand tokens with p = 0", "impossible", [row], u)
    rows = [[0.0] * zeros + shares(3) + [0.0] * (5 - zeros) for zeros in rng.sample(range(6), 3)]
    yield probe("u = 0, three rows", "impossible", rows, 0.0, hidden=True)
    certain = [[float(i == token) for i in range(6)] for token in rng.sample(range(1, 6), 3)]
    yield probe("one certain token a row", "impossible", certain, 1 - ALMOST, hidden=True)

    def too_little(before, width, behind):
        *row, last = shares(width)
        return [*before, *row, last - ALMOST] + [0.0] * behind

    u, before = 1 - ALMOST / 2, leading(1, 3)
    rows = [too_little(before, width, 6 - width) for width in rng.sample(range(2, 6), 2)]
    yield probe("u beyond the sums, and the last tokens have p = 0", "beyond", rows, u)
    row = too_little(leading(1, 3), rng.randrange(2, 5), 0)
    yield probe("u beyond the sum, and the last token is possible", "beyond", [row], u)
    rows = [too_little([0.0], width, 6 - width) for width in rng.sample(range(2, 7), 3)]
    yield probe("u beyond the sums of three rows", "beyond", rows, u, hidden=True)

    *row, last = shares(rng.randrange(3, 6))
    row = [*row, last - ALMOST, 2.0 ** -rng.randrange(30, 60), 0.0]
    yield probe(
        "u beyond the sum, and the last possible token has almost no probability", "beyond", [row], 1 - ALMOST / 2
    )
    *row, last = shares(rng.randrange(3, 9))
    row = [*row, last - ALMOST, 0.0, 2.0**-100, 0.0, 0.0]
    yield probe("the last possible token has a probability of 2**-100", "beyond", [row], 1 - ALMOST / 2, hidden=True)

    def own(rows, width):
        """Rows with tokens of their own, none of which is what the first row's u draws."""

        def make():
            made, tokens = [shares(width) for _ in range(rows)], [rng.randrange(width) for _ in range(rows)]
            return made, [inside(*pair) for pair in zip(made, tokens, strict=True)]

        def differ(case):
            probs, u = map(torch.tensor, case)
            return bool((reference(probs, u) != reference(probs, u[:1].expand_as(u)))[1:].all())

        return until(differ, make)

    yield probe("four rows, each with its own u", "rows", *own(4, 8))
    yield probe("two rows", "rows", *own(2, 3), hidden=True)
    yield probe("as many rows as tokens", "rows", *own(5, 5), hidden=True)

    a, b, c = shares(3)
    yield probe("NaN behind the share that u meets", "refuses_nan", [[a, b, NAN], [a, b, c]], a / 2)
    yield probe("NaN in a row that is not the first", "refuses_nan", [[a, b, c], [NAN, a, b]], a + b / 2)
    yield probe("NaN in the last place of the last row", "refuses_nan", [[a, b, c], [c, b, a], [a, b, NAN]], 0.0, True)
    yield probe("a row of NaN alone", "refuses_nan", [[NAN, NAN, NAN], [a, b, c]], a / 2, True)


@exercise.oracle
def oracle(probs, u):
    ids = torch.searchsorted(probs.cumsum(-1), u[:, None], right=True)[:, 0]
    return torch.minimum(ids, (torch.arange(probs.shape[1]) * (probs > 0)).amax(-1))


@exercise.reference
def reference(probs, u):
    ids = (probs.cumsum(-1) <= u[:, None]).sum(-1)
    last = (torch.arange(probs.shape[1]) * (probs > 0)).amax(-1)  # the last token that is possible
    return torch.minimum(ids, last)


exercise.slips("""
    overlooks_a_tiny_share: (probs > 0) => (probs > 1e-6)
        A token with a very small probability counted as impossible. It is possible as long as its probability is above
        0: compare with 0 itself.
    adds_up_in_16_bits: probs.cumsum(-1) => probs.bfloat16().cumsum(-1)
        The sums were made in 16 bits: borders move, and small shares vanish. Leave the probabilities in float32.
    draws_with_one_minus_u: ids = => u = 1 - u; ids =
        1 - u was compared with the sums. The distribution stays the same, but every u draws another token: compare the
        sums with u itself.
    adds_a_margin: u[:, None] => u[:, None] + 1e-6
        A small number was added to u, or taken off the sums, so a u just below an edge drew the next token. Compare
        them as they are: a u just below an edge still lies in the share on the left.
    picks_an_impossible_token: <= u => < u
        A token with probability 0 was drawn, or the wrong side of an edge. Take the first token whose cumulative sum is
        *greater* than u: with greater-or-equal, u = 0 picks token 0 whatever its probability.
    takes_the_token_before_the_edge: return torch.minimum(ids, last)
        => reached = (probs.cumsum(-1) >= u[:, None]) & (probs > 0)
        =>     return torch.where(reached.any(-1), reached.int().argmax(-1), last)
        A u exactly on an edge drew the token before it. A share begins at its left edge and ends just below the right
        one: take the first sum that is *greater* than u, not greater or equal.
    renormalizes_the_row: probs.cumsum(-1) => (probs / probs.sum(-1, keepdim=True)).cumsum(-1)
        The row was divided by its sum, which moves its edges: a u exactly on one drew the token before it. Take the
        cumulative sums as they are; the last possible token has what is missing at the end.
    gives_every_token_a_share: probs.cumsum(-1) => (probs + 1e-12).cumsum(-1)
        A small number was added to the probabilities, which gives a token with probability 0 a share, and u = 0 meets
        it. Nothing is divided here, so nothing needs to be kept above 0.
    zero_draws_the_first_token: return torch.minimum(ids, last) => return torch.minimum(ids, last) * (u > 0)
        u = 0 drew token 0, whatever its probability. It is a number like others: the first sum above 0 decides.
    falls_off_the_end: torch.minimum(ids, last) => ids
        Rounding can leave the sum below 1, and a u beyond it found no token. The last token with p > 0 takes the rest.
    clamps_to_the_last_id: torch.minimum(ids, last) => ids.clamp(max=probs.shape[1] - 1)
        A u beyond the cumulative sum went to the last id, whose probability is 0. The last *possible* token takes it.
    starts_over_at_the_end: torch.minimum(ids, last) => (probs.cumsum(-1) > u[:, None]).int().argmax(-1)
        A u beyond the cumulative sum drew token 0: argmax of a row in which nothing is true gives 0. Count the sums
        that are at most u instead, and stop at the last token with a probability above 0.
    beyond_takes_the_likeliest: torch.minimum(ids, last)
        => torch.where(ids == probs.shape[1], probs.argmax(-1), ids)
        A u beyond the cumulative sum drew the most likely token. It is the last possible token that lies there.
    ignores_u: torch.minimum(ids, last) => probs.argmax(-1)
        The most likely token came out whatever u was. Here u decides: walk along the cumulative sum.
    one_id_too_far: torch.minimum(ids, last) => (torch.minimum(ids, last) + 1).clamp(max=probs.shape[1] - 1)
        Each id is one too high. The number of cumulative sums that are at most u *is* the id: nothing to add.
    one_id_too_low: torch.minimum(ids, last) => (torch.minimum(ids, last) - 1).clamp(min=0)
        Each id is one too low. The number of cumulative sums that are at most u *is* the id: nothing to subtract.
    one_u_for_all_rows: u[:, None] => u[:1].expand_as(u)[:, None]
        All rows used the first u. Row i is decided by u[i]: keep a dimension (u[:, None]) when you compare.
    compares_without_a_column: u[:, None] => u
        `u` is [B] and was compared with [B, V] as it is: that fails, or, with as many rows as tokens, compares column i
        with u[i]. Make it a column, u[:, None], so that row i meets u[i].
    returns_the_rank: torch.minimum(ids, last) => reference(probs.sort(-1, descending=True).values, u)
        The result is a place in a row that was sorted, or in which tokens were left out, not a token id. Draw in the
        order of the ids, with all of them in their places, or look up which id stands at that place.
    sorts_before_it_draws: return torch.minimum(ids, last)
        => ordered, order = torch.sort(probs, dim=-1, descending=True, stable=True)
        =>     return order.gather(1, reference(ordered, u)[:, None])[:, 0]
        The shares were laid out from the most likely token down, so u meets another token. Keep the order of the ids.
    accepts_nan (refuses nothing): ids = => probs = probs.nan_to_num(0.0); ids =
        A row with NaN gave a token. It means nothing, as no comparison with NaN is true: refuse it with a ValueError.
    looks_for_nan_in_the_first_row (refuses nothing): ids = => refuse("NaN" if probs[0].isnan().any() else ""); ids =
        NaN was looked for in the first row only. A row further down can hold it, too: probs.isnan().any() sees all.
    sees_nan_only_where_it_draws (refuses nothing): return
        => drawn = torch.minimum(ids, last)[:, None]
        =>     refuse("NaN" if probs.gather(1, drawn).isnan().any() else "")
        =>     return
        NaN went through where u meets a share before it. The row is broken wherever the NaN stands: test all
        probabilities before you draw.
    refuses_a_row_below_one: ids =
        => refuse("" if (probs.nan_to_num(1.0).cumsum(-1)[:, -1] >= 1).all() else "the sum is below 1"); ids =
        A row that adds up to a little less than 1 was refused. Rounding makes such rows, and they are taken: what is
        missing at the end belongs to the last possible token.
    last_token_of_the_batch: (probs > 0)).amax(-1) => (probs > 0)).amax().expand(len(probs))
        The last possible token was looked for in the whole batch. Each row has a last possible token of its own: reduce
        along the row, dim=-1.
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
    last = (probs > 0) & ((probs > 0).flip(-1).cumsum(-1).flip(-1) == 1)  # nothing possible after it
    return (reached | last).int().argmax(-1)


@exercise.alternative
def with_numpy(probs, u):
    pairs = zip(probs.double().numpy(), u.numpy(), strict=True)
    ids = [min(np.searchsorted(row.cumsum(), point, side="right"), row.nonzero()[0][-1]) for row, point in pairs]
    return torch.tensor(np.array(ids, dtype=np.int64))
