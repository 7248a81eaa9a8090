"""``which_call``: from raw logits and the library's processed scores find the settings of the call."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, distinct_logits
from autograder.exercises.nb03_sampling_loop._shared import until
from genlab.judging.adapters import Adapter
from genlab.judging.reproduced import scores_of

exercise = Exercise(__name__, points=4, tolerance=1e-4, adapter=Adapter.SETTINGS)
exercise.rules("""
    temperature (2): T is found wherever it shows, in whatever row; neither a token that is out nor one that has
        occurred in its own row nor a logit of 0 misleads the search
    penalty (2): the penalty is found, above 1 or below, from positive logits as from negative ones
    top_k: k is found, the one number that explains all rows, also where tokens that tie with the k-th stay
    top_p: p is found, a value that gives back every row: no token more, no token fewer
    min_p: m is found, a value that gives back every row: no token more, no token fewer
    order: where a penalty or a temperature is on as well, p and m are those of the scores that the cut has met
    off: settings that are off are not in the result: a call with nothing on gives an empty dictionary
    refuses: scores that no such call gives, in one row or in all, are refused with a ValueError
""")
CUTS = ("k", "p", "m")


def bounds(raw, processed, ids):
    """For each cut the values between which it explains all rows, ``(low, high)``: k is an integer in ``low..high``."""
    left = processed.isfinite()
    seen = torch.zeros_like(raw, dtype=torch.bool).scatter(1, ids, True)
    T, penalty = scales(raw, processed, seen & left, ~seen & left)
    probs = (torch.where(seen, torch.where(raw < 0, raw * penalty, raw / penalty), raw) / T).softmax(-1)
    worst = probs.masked_fill(~left, INF).amin(-1)
    mass, best = (probs * left).sum(-1), probs.amax(-1)
    above = (processed > processed.masked_fill(~left, INF).amin(-1, keepdim=True)).sum(-1)
    return {
        "k": (int(above.max()) + 1, int(left.sum(-1).min())),
        "p": (float((mass - worst).max()), float(mass.min())),
        "m": (float((probs.masked_fill(left, 0).amax(-1) / best).max()), float((worst / best).min())),
    }


def scales(raw, processed, repeated, new):
    """Temperature and penalty, from the tokens that are left: those that have occurred, and the others."""
    T = float((raw / processed)[new & (raw != 0)].median())
    factors = [
        raw[b, i] / processed[b, i] / T if raw[b, i] > 0 else processed[b, i] * T / raw[b, i]
        for b, i in (repeated & (raw != 0)).nonzero().tolist()
    ]
    return T, float(torch.tensor(factors).median()) if factors else 1.0


def explanations(raw, processed, ids):
    """All that explains the scores, at most one cut in each."""
    left = processed.isfinite()
    seen = torch.zeros_like(raw, dtype=torch.bool).scatter(1, ids, True)
    T, penalty = scales(raw, processed, seen & left, ~seen & left)
    if not (T > 0 and penalty > 0):
        return []
    on = {name: value for name, value in {"T": T, "penalty": penalty}.items() if abs(value - 1) > 1e-4}
    middles = {name: sum(pair) / 2 for name, pair in bounds(raw, processed, ids).items()}
    cuts = (
        [{}]
        if left.all()
        else [{name: int(x) if name == "k" else x} for name, x in middles.items() if 0 < x <= 1 or name == "k"]
    )
    return [on | cut for cut in cuts if near(scores_of(on | cut, raw, ids), processed)]


def near(one, other):
    return bool(torch.isclose(one, other, rtol=1e-3, atol=1e-3).all())


@exercise.refuses
def refuses(raw, processed, ids):
    return "" if explanations(raw, processed, ids) else "no call with at most one cut gives these scores"


@exercise.probes
def probes(rng):
    """Only ``order`` has a cut and something before it; only ``temperature`` and ``penalty`` have both of these."""

    def scene(rows=4, width=9, tokens=3, sign=0, **settings):
        """Rows that are sure and unsure, with tokens of each among the ids, after the library's steps.

        ``sign``: all tokens that have occurred have logits of this sign.
        """
        spread = torch.tensor([[rng.choice((0.25, 0.5, 1.0))] for _ in range(rows)])
        raw = distinct_logits(rng, rows, width) * spread
        raw[:, -1], raw[:, 0] = raw[:, -1].abs() + 0.1, -raw[:, 0].abs() - 0.1
        among = [[i for i, x in enumerate(row) if not sign or x * sign > 0.05] for row in raw.tolist()]
        ids = torch.tensor([rng.choices(some, k=tokens) for some in among])
        ids = torch.cat([ids, ids[:, :1]], dim=1)  # one of them twice
        return {"raw": raw, "processed": scores_of(settings, raw, ids), "ids": ids}

    def split(case):
        """Which tokens are left and have occurred, and which are left and have not."""
        left = case["processed"].isfinite()
        seen = torch.zeros_like(left).scatter(1, case["ids"], True)
        return left & seen, left & ~seen

    def told(case, names):
        """Whether the scores have the one explanation ``names``, by a wide margin, and both scales show."""
        repeated, new = split(case)
        if not (new & (case["raw"].abs() > 0.05)).any():
            return False
        if "penalty" in names and not (repeated & (case["raw"].abs() > 0.05)).any():
            return False
        if not set(names) & set(CUTS):
            return True
        limits = bounds(**case)
        room = {"k": limits["k"][1] - limits["k"][0] + 0.5}
        room |= {name: limits[name][1] - limits[name][0] for name in ("p", "m")}
        wide = {"k": 0, "p": 0.04, "m": 0.02}
        (cut,) = set(names) & set(CUTS)
        return room.pop(cut) > wide[cut] and all(x < -0.03 for x in room.values())

    def values():
        return {
            "T": rng.choice((0.5, 0.625, 0.75, 1.25, 1.5, 2.0)),
            "penalty": rng.choice((1.25, 1.5, 1.75, 2.0)),
            "k": rng.randrange(3, 6),
            "p": rng.randrange(50, 90) / 100,
            "m": rng.randrange(6, 40) / 100,
        }

    def case(*names, holds=lambda case: True, make=scene, **more):
        """A scene with the settings ``names`` on that has one explanation."""

        def draw():
            return make(**{name: value for name, value in values().items() if name in names} | more)

        return until(lambda made: told(made, names) and holds(made), draw)

    def probe(name, rule, found, hidden=False):
        return Probe(name, rule=rule, hidden=hidden, **found)

    def zero(case):
        """The same call where a token that is left and has not occurred has a logit of 0."""
        return bool(((case["raw"] == 0) & split(case)[1]).any())

    def with_zeros(**settings):
        made = scene(**settings)
        for row in made["raw"]:
            row[rng.randrange(len(row))] = 0.0
        return made | {"processed": scores_of(settings, made["raw"], made["ids"])}

    def hides(case):
        """Whether nothing of the first row shows T: all that is left there has occurred."""
        return not split(case)[1][0].any() and bool((case["raw"][split(case)[0]] > 0.05).all())

    def with_repeated_row(**settings):
        """A first row in which the tokens that stay are those that have occurred."""
        made = scene(tokens=4, sign=1, **settings)
        best = made["raw"][0].topk(4).indices
        made["raw"][0, best] = made["raw"][0, best].abs() + 4
        made["ids"][0] = torch.cat([best, best[:1]])
        return made | {"processed": scores_of(settings, made["raw"], made["ids"])}

    def with_ties(**settings):
        """In the first row, or the first two, the k-th token has equals."""
        made = scene(**settings)
        for row in made["raw"][: rng.randrange(1, 3)]:
            order = row.argsort(descending=True)
            k = settings["k"]
            row[order[k : k + rng.randrange(1, 3)]] = row[order[k - 1]].item()
        return made | {"processed": scores_of(settings, made["raw"], made["ids"])}

    def apart(cut):
        """Whether what the first row alone says of the cut is not true of all rows."""

        def differs(case):
            first = {name: value[:1] for name, value in case.items()}
            (low, high), (floor, ceiling) = bounds(**first)[cut], bounds(**case)[cut]
            return not floor < (low + high) / 2 < ceiling

        return differs

    def moved(cut):
        """Whether the raw logits say something else of the cut than the scores that it has met, and the first row
        the same as all.
        """

        def differs(case):
            left, share = case["processed"].isfinite(), case["raw"].softmax(-1)
            worst = share.masked_fill(~left, INF).amin(-1)
            mass, best = (share * left).sum(-1), share.amax(-1)
            low, high = (
                ((mass - worst).max(), mass.min())
                if cut == "p"
                else ((share.masked_fill(left, 0).amax(-1) / best).max(), (worst / best).min())
            )
            floor, ceiling = bounds(**case)[cut]
            return not floor - 0.01 < float(low + high) / 2 < ceiling + 0.01 and not apart(cut)(case)

        return differs

    yield probe("T alone", "temperature", case("T"))
    yield probe("T and a penalty", "temperature", case("T", "penalty", sign=1))
    yield probe("T and top_k", "temperature", case("T", "k"))
    yield probe("a logit of 0", "temperature", case("T", make=with_zeros, holds=zero))
    hidden_T = case("T", "penalty", "k", make=with_repeated_row, holds=hides)
    yield probe("T does not show in the first row", "temperature", hidden_T)
    yield probe("T, a penalty and many rows", "temperature", case("T", "penalty", rows=7, sign=1), hidden=True)
    yield probe("T a little below 1", "temperature", case(T=0.96875), hidden=True)
    yield probe("T far above 1", "temperature", case("penalty", T=6.0, sign=1), hidden=True)

    yield probe("a penalty alone", "penalty", case("penalty"))
    yield probe("a penalty on negative logits alone", "penalty", case("penalty", sign=-1))
    yield probe("a reward", "penalty", case(penalty=0.75))
    yield probe("a penalty on negative logits, and T", "penalty", case("penalty", "T", sign=-1), hidden=True)
    yield probe("a strong penalty", "penalty", case(penalty=3.5), hidden=True)

    yield probe("top_k alone", "top_k", case("k"))
    yield probe("tokens tie with the k-th", "top_k", case("k", make=with_ties, holds=apart("k")))
    yield probe("top_k of many", "top_k", case(k=11, width=24), hidden=True)
    yield probe("tokens tie with the k-th in some of many rows", "top_k",
                case("k", rows=6, make=with_ties, holds=apart("k")), hidden=True)  # fmt: skip
    yield probe("top_p alone", "top_p", case("p"))
    yield probe("a p that not every value of the first row explains", "top_p", case("p", holds=apart("p")))
    yield probe("top_p in five rows", "top_p", case("p", rows=5, holds=apart("p")), hidden=True)
    yield probe("top_p in a wide vocabulary", "top_p", case("p", width=20, rows=3), hidden=True)
    yield probe("min_p alone", "min_p", case("m"))
    yield probe("an m that not every value of the first row explains", "min_p", case("m", holds=apart("m")))
    yield probe("min_p in five rows", "min_p", case("m", rows=5, holds=apart("m")), hidden=True)
    yield probe("min_p in a wide vocabulary", "min_p", case("m", width=20, rows=3), hidden=True)

    yield probe("T and top_p", "order", case("T", "p", holds=moved("p")))
    yield probe("T and min_p", "order", case("T", "m", holds=moved("m")))
    yield probe("T, a penalty and top_p", "order", case("T", "penalty", "p", sign=1, holds=moved("p")), hidden=True)
    yield probe("a penalty and min_p", "order", case("penalty", "m", sign=1, holds=moved("m")), hidden=True)

    yield probe("nothing is on", "off", case())
    yield probe("nothing is on in many rows", "off", case(rows=6, width=12), hidden=True)

    def spoiled(how, *names, **more):
        """Scores that no call gives: those of a call, changed by ``how``."""

        def draw():
            made = case(*names, **more)
            return made | {"processed": how(made)}

        return until(lambda made: not explanations(**made), draw)

    def banned(made):
        """The best token of one row is out."""
        scores, row = made["processed"].clone(), rng.randrange(4)
        scores[row, scores[row].argmax()] = -INF
        return scores

    def twice(made):
        """Two cuts."""
        return scores_of({"k": 5, "p": 0.6}, made["raw"], made["ids"])

    def raised(made):
        """One token has a bonus."""
        scores = made["processed"].clone()
        scores[rng.randrange(4), rng.randrange(9)] += 1.5
        return scores

    def unequal(made):
        """Another temperature in the last row."""
        scores = made["processed"].clone()
        scores[-1] /= 1.5
        return scores

    yield probe("a token is out that is better than what is left", "refuses", spoiled(banned))
    yield probe("the scores of one row have another temperature", "refuses", spoiled(unequal, "T"))
    yield probe("one score has a bonus", "refuses", spoiled(raised))
    yield probe("two cuts at once", "refuses", spoiled(twice), hidden=True)
    yield probe("one score has a bonus, and T", "refuses", spoiled(raised, "T"), hidden=True)


@exercise.oracle
def oracle(raw, processed, ids):
    return explanations(raw, processed, ids)[0]


@exercise.reference
def reference(raw, processed, ids):
    left = processed.isfinite()
    seen = torch.zeros_like(left).scatter(1, ids, True)
    ratio = raw / processed
    T = ratio[left & ~seen & (raw != 0)].median()
    ratio = ratio / T
    factors = torch.where(raw > 0, ratio, 1 / ratio)[left & seen & (raw != 0)]
    penalty = factors.median() if len(factors) else torch.tensor(1.0)
    found = {name: x.item() for name, x in {"T": T, "penalty": penalty}.items() if abs(x - 1) > 1e-4}
    if left.all():
        return found | {}
    met = torch.where(seen, torch.where(raw > 0, raw / penalty, raw * penalty), raw) / T
    probs = met.softmax(-1)
    worst = probs.masked_fill(~left, INF).amin(-1)
    above = (processed > processed.masked_fill(~left, INF).amin(-1, keepdim=True)).sum(-1)
    counts = left.sum(-1)
    if above.max() < counts.min():
        return found | {"k": counts.min().item()}
    mass = (probs * left).sum(-1)
    low, high = (mass - worst).max(), mass.min()
    if low < high:
        return found | {"p": (low + high).item() / 2}
    best = probs.amax(-1)
    under, over = (probs.masked_fill(left, 0).amax(-1) / best).max(), (worst / best).min()
    return found | {"m": (under + over).item() / 2}


exercise.slips("""
    averages_what_has_occurred: [left & ~seen & (raw != 0)].median() => [left & (raw != 0)].mean()
        T was taken from all tokens that are left, also from those that have occurred. Their logits were changed by the
        penalty first, so their ratio is not T alone: leave them out.
    takes_what_is_out: [left & ~seen & (raw != 0)].median() => [~seen & (raw != 0)].mean()
        T was taken from tokens that are out, too. A finite logit over -inf is 0, whatever T was: use only tokens that
        are left.
    the_best_token_tells_T: ratio[left & ~seen & (raw != 0)].median()
        => ratio.gather(1, processed.argmax(-1, keepdim=True))[0, 0]
        T was taken from the best token of the first row. It may have occurred, and then the penalty is in its ratio, or
        have a logit of 0: choose among the tokens that are left and have not occurred.
    the_first_row_tells_T: ratio[left & ~seen & (raw != 0)].median()
        => ratio[0][(left & ~seen & (raw != 0))[0]].median()
        T was looked for in the first row alone. There all tokens that are left may have occurred: look in all rows.
    zero_over_zero: [left & ~seen & (raw != 0)].median() => [left & ~seen].median()
        A logit of 0 that is left is 0 over 0, which is NaN, and NaN spreads to T. Such a token tells nothing: leave it
        out.
    the_wrong_way_round: ratio = raw / processed => ratio = processed / raw
        T came out as its inverse. The processed score is the raw one *divided* by T: T is raw over processed.
    forgets_T_in_the_penalty: ratio = ratio / T => ratio = ratio * 1
        The penalty came out with T in it. A token that has occurred was changed by both: divide T out first.
    always_divides: torch.where(raw > 0, ratio, 1 / ratio) => ratio
        The penalty came out as its inverse where logits are negative. A positive logit is divided by it, a negative one
        is multiplied: read the two in opposite directions.
    never_divides: torch.where(raw > 0, ratio, 1 / ratio) => (1 / ratio)
        The penalty came out as its inverse where logits are positive. A positive logit is divided by it, so the penalty
        is the raw logit over the changed one.
    occurred_in_any_row: torch.zeros_like(left).scatter(1, ids, True)
        => torch.isin(torch.arange(raw.shape[1]), ids).expand_as(raw)
        A token counted as repeated in every row because it occurs in one. Each row is penalized for its own ids.
    counts_the_ties: counts.min().item() => counts.max().item()
        k is too large: a row in which tokens tie with the k-th keeps more than k. Rows without a tie tell k.
    p_before_the_last: (low + high).item() / 2 => (mass - worst).min().item()
        p was read from the wrong side: at the sum *before* the last token that is left the set is already complete, and
        that token goes. p lies above that sum, in every row, and not above the sum with it.
    p_above_a_sum: (low + high).item() / 2 => mass.max().item()
        p is above the mass that some rows keep, so one more token stays there. It lies below the mass that is left, in
        every row, and above that mass without its last token.
    p_of_the_first_row: (low + high).item() / 2 => ((mass - worst)[0] + mass[0]).item() / 2
        p is a value that explains the first row and not the others. Each row gives a lower and an upper limit: use the
        highest lower one and the lowest upper one.
    m_of_the_first_row: (under + over).item() / 2
        => ((probs.masked_fill(left, 0).amax(-1) / best)[0] + (worst / best)[0]).item() / 2
        m is a value that explains the first row and not the others. Each row gives a lower and an upper limit: use the
        highest lower one and the lowest upper one.
    m_as_a_probability: (under + over).item() / 2 => worst.min().item()
        m is the probability of a token. min-p compares with the best token of the row: divide by its probability.
    m_above_a_share: (under + over).item() / 2 => (worst / best).max().item()
        m is above the share of a token that is left in another row. It lies between the largest share of what is out
        and the smallest share of what is left, in all rows.
    cuts_of_the_raw_logits: probs = met.softmax(-1) => probs = raw.softmax(-1)
        p or m was read from the raw probabilities. The cuts come after penalty and temperature and see what these have
        left: compute the probabilities from those scores, divided by T, too.
    always_top_k: above.max() < counts.min() => above[0] < counts[0]
        k was named without a look at the other rows. With top-k all rows keep the same number, apart from ties; where
        they do not, it was another cut.
    always_top_p: above.max() < counts.min() => False
        p or m was named where every row keeps the same number of tokens. Ask of each of the three cuts whether one
        value of it explains all rows.
    names_what_is_off: x in {"T": T, "penalty": penalty}.items() if abs(x - 1) > 1e-4
        => x in {"T": T, "penalty": penalty}.items()
        Settings that are off are in the result, T or a penalty of 1. Name only what is on, and leave some room for
        rounding.
    nothing_is_none: return found | {} => return found or None
        With nothing on the function returned None. An empty dictionary says that nothing is on.
    accepts_everything (refuses nothing)
        Scores that no such call gives were explained all the same. Put the settings that you have found back into your
        own steps: if that does not give the scores, refuse them.
""")


@exercise.mistake
def names_all_cuts(raw, processed, ids):
    """
    All three cuts were named, each with a value that might explain the rows. At most one is on: name the one that gives
    back every row.
    """
    found = explanations(raw, processed, ids)[0]
    if set(found) & set(CUTS):
        middles = {name: sum(pair) / 2 for name, pair in bounds(raw, processed, ids).items()}
        found = middles | {"k": int(middles["k"])} | found
    return found


@exercise.mistake(refuses=False)
def looks_at_the_cut_alone(raw, processed, ids):
    """
    Scores were accepted although no call gives them: that a cut explains which tokens are left says nothing of their
    values. Compute all scores from the settings and compare.
    """
    limits = bounds(raw, processed, ids)
    fits = limits["k"][0] <= limits["k"][1] or any(limits[name][0] < limits[name][1] for name in ("p", "m"))
    if not processed.isfinite().all() and not fits:
        raise ValueError("no cut explains which tokens are left")
    return reference.__wrapped__(raw, processed, ids)


@exercise.alternative
def by_trial(raw, processed, ids):
    """Try values of each cut until one gives the scores back."""
    new = [(b, i) for b in range(len(raw)) for i in range(raw.shape[1]) if i not in ids[b].tolist()]
    finite = [(b, i) for b, i in new if processed[b, i].isfinite() and raw[b, i] != 0]
    T = max((raw[b, i] / processed[b, i]).item() for b, i in finite)
    found = {"T": T} if abs(T - 1) > 1e-4 else {}
    for b, row in enumerate(ids.tolist()):
        for i in row:
            if processed[b, i].isfinite() and raw[b, i] != 0:
                change = (raw[b, i] / processed[b, i]).item() / T
                penalty = change if raw[b, i] > 0 else 1 / change
                if abs(penalty - 1) > 1e-4:
                    found["penalty"] = penalty
    trials = [{}, *({"k": k} for k in range(1, raw.shape[1]))]
    trials += [{name: value / 400} for name in ("p", "m") for value in range(1, 400)]
    return next(found | cut for cut in trials if near(scores_of(found | cut, raw, ids), processed))


@exercise.alternative
def by_means(raw, processed, ids):
    """Means instead of medians, settings as tensors, the cut from limits."""
    penalty = torch.tensor(1.0)
    free = [[i for i in range(raw.shape[1]) if i not in row] for row in ids.tolist()]
    ratios = [
        raw[b, i] / processed[b, i]
        for b, row in enumerate(free)
        for i in row
        if processed[b, i].isfinite() and raw[b, i]
    ]
    T = torch.stack(ratios).mean()
    for b, i in ((b, i) for b, row in enumerate(ids.tolist()) for i in row):
        if processed[b, i].isfinite() and raw[b, i]:
            penalty = (raw[b, i] / processed[b, i] / T) ** raw[b, i].sign()
    scales = {"penalty": penalty} if (penalty - 1).abs() > 1e-3 else {}
    scales |= {"T": T} if (T - 1).abs() > 1e-3 else {}
    if not processed.isneginf().any():
        return scales
    limits = bounds(raw, processed, ids)
    chosen = next(name for name in CUTS if limits[name][0] <= limits[name][1])
    low, high = limits[chosen]
    return scales | {chosen: high if chosen == "k" else (low + high) / 2}
