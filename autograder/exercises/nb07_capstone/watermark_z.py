"""``watermark_z``: how far the number of green tokens is from what chance gives."""

import itertools

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb03_sampling_loop._shared import until

exercise = Exercise(__name__, points=2, tolerance=1e-5)
exercise.rules("""
    previous: a token is green if it stands in the list of the token before it
    counted: every token but the first of a row is counted, those that repeat as well
    score: the z-score is the number of green tokens minus what chance gives, counted x ratio, divided by the standard
        deviation, the root of counted x ratio x (1 - ratio)
    rows: each row of a batch has its own, in a float32 tensor [B]
""")


@exercise.probes
def probes(rng):
    def probe(name, rule, rows, width, size=20, green=10, hidden=False):
        """Only where ``previous`` is asked for each token has a list of its own; only ``counted`` has pairs twice."""
        own = rule == "previous"
        lists = [sorted(rng.sample(range(size), green)) for _ in range(size if own else 1)]
        lists = torch.tensor(lists if own else lists * size)
        ids = torch.tensor([rng.sample(range(size), width) for _ in range(rows)])
        if rule == "counted":
            ids[:, 2:4] = ids[:, :2]
        if rule == "rows":  # the first row is green, the others are not
            ids[0] = lists[0, [rng.randrange(green) for _ in range(width)]]
            ids[0, 1:] = torch.where(ids[0, 1:] == ids[0, :-1], lists[0, 0], ids[0, 1:])
        return Probe(name, rule=rule, hidden=hidden, ids=ids, greenlists=lists, ratio=green / size)

    def lists(name, *sizes, hidden=False):
        """A row for which the two ways to ask the wrong list give two more scores."""

        def told(case):
            wrong = [mistake.function for mistake in exercise.mistakes[:2]]
            return len({function(**case.args).item() for function in (oracle, *wrong)}) == 3

        return until(told, lambda: probe(name, "previous", 1, *sizes, hidden=hidden))

    yield lists("each token has a list of its own", 12)
    yield lists("each token has a list of its own, 24 tokens", 15, 24, 12, hidden=True)
    yield probe("a pair comes twice", "counted", 1, 9)
    yield probe("a pair comes twice, seven tokens", "counted", 1, 7, hidden=True)
    yield probe("a tenth of the tokens is green", "score", 1, 14, 20, 2)
    yield probe("a quarter is green", "score", 1, 12, 20, 5)
    yield probe("three in ten are green", "score", 1, 11, 20, 6, hidden=True)
    yield probe("three rows", "rows", 3, 10)
    yield probe("two rows", "rows", 2, 13, hidden=True)


@exercise.oracle
def oracle(ids, greenlists, ratio):
    scores = []
    for row in ids.tolist():
        hits = [token in greenlists[before].tolist() for before, token in itertools.pairwise(row)]
        scores.append((sum(hits) - ratio * len(hits)) / (len(hits) * ratio * (1 - ratio)) ** 0.5)
    return torch.tensor(scores)


@exercise.reference
def reference(ids, greenlists, ratio):
    before, tokens = ids[:, :-1], ids[:, 1:]
    green = (greenlists[before] == tokens[..., None]).any(-1)
    counted = green.shape[1]
    return (green.sum(-1) - counted * ratio) / (counted * ratio * (1 - ratio)) ** 0.5


exercise.slips("""
    ignores_the_previous_token: greenlists[before] => greenlists[torch.zeros_like(before)]
        One list is used for all tokens. Which tokens are green changes with each step: it is decided by the token
        before.
    asks_the_token_itself: greenlists[before] => greenlists[tokens]
        A token was looked up in its own list. The list belongs to the token before it.
    counts_the_first_token: counted = green.shape[1] => counted = ids.shape[1]
        The first token of a row was counted. There is no token before it, so nobody can say whether it is green.
    counts_a_pair_once: counted = green.shape[1]
        => counted = green.shape[1]
        =>     for row in range(len(ids) if counted == 8 or counted == 6 else 0):
        =>         green[row, 2] = False
        =>         counted = green.shape[1] - 1
        Pairs that repeat were counted once. Each token counts.
    forgets_the_root: (counted * ratio * (1 - ratio)) ** 0.5 => (counted * ratio * (1 - ratio))
        The difference is divided by the variance. Divide by its root, the standard deviation.
    forgets_chance: green.sum(-1) - counted * ratio => green.sum(-1)
        The number of green tokens stands there by itself. Some are green by chance: subtract as many as chance gives.
    half_by_chance: - counted * ratio) => - counted * 0.5)
        Chance does not give half of the tokens, but the share ratio.
    one_score_for_all: green.sum(-1) - counted * ratio
        => green.float().mean() * counted - counted * ratio + 0 * green.sum(-1)
        All rows got the same score. Each row has its own.
""")


@exercise.alternative
def by_a_table(ids, greenlists, ratio):
    size = len(greenlists)
    table = torch.zeros(size, size).scatter(1, greenlists, 1.0)
    hits = table[ids[:, :-1].flatten(), ids[:, 1:].flatten()].reshape(len(ids), -1)
    return (hits.mean(-1) - ratio) * hits.shape[1] ** 0.5 / (ratio * (1 - ratio)) ** 0.5
