"""``warp``: temperature, top-k, top-p and min-p in the library's order."""

import math

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, NAN, distinct_logits
from autograder.exercises.nb03_sampling_loop import apply_temperature, min_p, top_k, top_p
from autograder.exercises.nb03_sampling_loop._shared import refuse, refused_setting, until

exercise = Exercise(__name__, points=4, tolerance=1e-5)
exercise.rules("""
    temperature_first (2): the logits are divided by T before any token is cut, and the cuts see the result
    cuts_in_order (2): top-k, then top-p, then min-p, each on what the step before has left, over every row
    off: T = 1, k = 0, p = 1 and m = 0 change nothing, given or left away
    bits: logits in 16 or 64 bits give float32, too, also where every step is off
    out: a row in which some logits are -inf is taken, even if a single token is left in it
    refuses_bad: logits with NaN, or a row in which every logit is -inf, are refused with a ValueError, in whatever row
    refuses_settings: T, k, p and m that a step refuses are refused here, too, 0 as p and NaN included
""")


@exercise.refuses
def refuses(logits, *_):
    if logits.isnan().any():
        return "the logits hold NaN"
    return "a row has no token left: every logit is -inf" if (logits == -INF).all(-1).any() else ""


@exercise.probes
def probes(rng):
    """Only the rule ``temperature_first`` has a T above 1 that decides, and none with two cuts."""

    def probe(name, rule, logits, *settings, hidden=False):
        """``settings``: T, k, p and m, as many as are not left away."""
        args = dict(zip(("T", "k", "p", "m"), settings, strict=False))
        return Probe(name, rule=rule, hidden=hidden, logits=torch.as_tensor(logits), **args)

    def decided(case):
        """Whether each step and the order of the steps show in the result, and neither rounding nor luck does."""
        logits, T, k, p, m = case
        near = [
            reference(logits, T, k, min(p + 0.002 * d, 1.0) if p < 1 else p, m * (1 + 0.01 * d)) for d in (-1, 0, 1)
        ]
        right = near[1].isfinite()
        wrong = [reference(logits, 1.0, k, p, m)] * (T != 1)
        wrong += [reference(logits, T, 0, p, m)] * (k > 0) + [reference(logits, T, k, 1.0, m)] * (p < 1)
        wrong += [reference(logits, T, k, p, 0.0)] * (m > 0)
        wrong += [top_k.reference(reference(logits, T, 0, p, m), k)] * (k > 0 and p < 1)
        wrong += [top_p.reference(reference(logits, T, k, 1.0, m), p)] * (p < 1 and m > 0)
        same = all(torch.equal(right, other.isfinite()) for other in near)
        return same and not any(torch.equal(right, other.isfinite()) for other in wrong)

    def any_logits(rows, width, *settings):
        return until(decided, lambda: (distinct_logits(rng, rows, width), *settings))

    def shares(*percent):
        row = [math.log(x) for x in percent]
        rng.shuffle(row)
        return row

    four = torch.tensor([rng.sample([3.0, 2.0, 1.0, 0.0], 4)])
    yield probe("[3, 2, 1, 0] in some order, T = 2 and p = 0.8", "temperature_first", four, 2.0, 0, 0.8, 0.0)
    yield probe("a high temperature and m", "temperature_first", *any_logits(2, 9, 1.5, 0, 1.0, 0.1))
    yield probe("a temperature and k", "temperature_first", distinct_logits(rng, 2, 9), 1.8, 4, 1.0, 0.0)
    case = any_logits(3, 14, rng.randrange(150, 300) / 100, 0, 0.7, 0.0)
    yield probe("any temperature above 1 and p", "temperature_first", *case, hidden=True)
    case = any_logits(2, 20, rng.randrange(30, 70) / 100, 0, 1.0, 0.05)
    yield probe("any temperature below 1 and m", "temperature_first", *case, hidden=True)

    yield probe("k = 2, then p = 0.5", "cuts_in_order", [shares(40, 30, 20, 10)], 1.0, 2, 0.5, 0.0)
    two = [shares(40, 30, 20, 10), shares(40, 30, 20, 10)]
    yield probe("p = 0.55, then m = 0.6", "cuts_in_order", two, 1.0, 0, 0.55, 0.6)
    yield probe("k, then p, then m, three rows", "cuts_in_order", *any_logits(3, 12, 1.0, 6, 0.8, 0.2))
    yield probe("all four, two rows", "cuts_in_order", *any_logits(2, 14, 0.8, 7, 0.85, 0.15))
    case = any_logits(3, 14, rng.randrange(50, 80) / 100, rng.randrange(5, 9), 0.8, 0.2)
    yield probe("all four, any settings", "cuts_in_order", *case, hidden=True)
    yield probe("k, then p, 60 tokens", "cuts_in_order", *any_logits(1, 60, 1.0, 20, 0.7, 0.0), hidden=True)

    yield probe("all settings left away, 70 tokens", "off", distinct_logits(rng, 2, 70, 9.0))
    yield probe("all settings off, 70 tokens", "off", distinct_logits(rng, 1, 70, 9.0), 1.0, 0, 1.0, 0.0)
    yield probe("k, p and m left away", "off", distinct_logits(rng, 1, 70, 9.0), 0.5, hidden=True)
    yield probe("p and m left away", "off", distinct_logits(rng, 1, 9, 9.0), 1.0, 7, hidden=True)
    yield probe("m left away", "off", distinct_logits(rng, 2, 9, 9.0), 1.0, 0, 1.0, hidden=True)

    level = distinct_logits(rng, 2, 10) + torch.tensor(rng.sample([[200.0], [-300.0]], 2))
    yield probe("off, all logits of a row 200 higher or 300 lower", "off", level, hidden=True)

    half = distinct_logits(rng, 1, 8).bfloat16()
    yield probe("16-bit logits, T = 0.7 and k = 3", "bits", half, 0.7, 3, 1.0, 0.0)
    yield probe("16-bit logits, all settings left away", "bits", distinct_logits(rng, 2, 5).bfloat16())
    case = until(decided, lambda: (distinct_logits(rng, 2, 14).half(), 0.8, 0, 0.7, 0.0))
    yield probe("another 16-bit type, T and p", "bits", *case, hidden=True)
    yield probe("64-bit logits, all settings off", "bits", distinct_logits(rng, 1, 6).double(), 1, 0, 1, 0, hidden=True)

    out = distinct_logits(rng, 2, 6)
    out[0, rng.sample(range(6), 2)], out[1, rng.randrange(6)] = -INF, -INF
    yield probe("some tokens are out already", "out", out, 0.5, 3, 1.0, 0.0)
    single = torch.full((3, 5), -INF)
    single[[0, 1, 2], rng.choices(range(5), k=3)] = distinct_logits(rng, 1, 3)[0]
    yield probe("one token a row is left", "out", single, 1.0, 2, 0.9, 0.1, hidden=True)

    good, empty = distinct_logits(rng, 3, 4).tolist(), [-INF] * 4
    broken = [*good[0][:3], NAN]
    yield probe("NaN in the first row is refused", "refuses_bad", [broken, good[1]])
    yield probe("NaN in a row that is not the first is refused", "refuses_bad", [good[0], broken])
    yield probe("a row of -inf alone is refused", "refuses_bad", [empty])
    yield probe("a row of -inf alone that is not the first is refused", "refuses_bad", [good[0], empty])
    yield probe("the first of two rows is -inf alone", "refuses_bad", [empty, good[2]])
    yield probe("one of four rows is -inf alone", "refuses_bad", [*good, empty], 0.7, 2, 0.9, 0.1, hidden=True)
    yield probe("NaN among -inf is refused", "refuses_bad", [*good, [-INF, NAN, -INF, -INF]], 2.0, 0, hidden=True)

    logits = distinct_logits(rng, 2, 5)
    yield probe("T = 0 is refused", "refuses_settings", logits, 0.0, 0, 1.0, 0.0)
    yield probe("k = -1 is refused", "refuses_settings", logits, 1.0, -1, 1.0, 0.0)
    yield probe("p = 1.2 is refused", "refuses_settings", logits, 1.0, 0, 1.2, 0.0)
    yield probe("m = -0.1 is refused", "refuses_settings", logits, 1.0, 0, 1.0, -0.1)
    yield probe("p = 0 is refused", "refuses_settings", logits, 1.0, 0, 0.0, 0.0)
    yield probe("NaN as m is refused", "refuses_settings", logits, 1.0, 0, 1.0, NAN)
    yield probe("NaN as p is refused", "refuses_settings", logits, 1.0, 0, NAN, 0.0, hidden=True)
    yield probe("T = -1 is refused", "refuses_settings", logits, -1.0, 3, 0.9, 0.1, hidden=True)
    yield probe("p = 0 and other settings are refused", "refuses_settings", logits, 1.0, 3, 0.0, 0.1, hidden=True)
    yield probe("m = 1.5 is refused", "refuses_settings", logits, 0.5, 0, 0.9, 1.5, hidden=True)


@exercise.oracle
def oracle(logits, T=1.0, k=0, p=1.0, m=0.0):
    return min_p.oracle(top_p.oracle(top_k.oracle(apply_temperature.oracle(logits, T), k), p), m)


@exercise.reference
def reference(logits, T=1.0, k=0, p=1.0, m=0.0):
    warm = apply_temperature.reference(logits, T)
    return min_p.reference(top_p.reference(top_k.reference(warm, k), p), m)


exercise.slips("""
    truncates_before_temperature: warm = apply_temperature.reference(logits, T)
        => cut = min_p.reference(top_p.reference(top_k.reference(logits, k), p), m)
        =>     return apply_temperature.reference(cut, T)
        The cuts were made before the temperature. The library divides by T first, so a high temperature also lets more
        tokens through top-p and min-p: [3, 2, 1, 0] at T = 2 and p = 0.8 keeps 3 tokens, not 2.
    min_p_before_temperature: warm = apply_temperature.reference(logits, T)
        => cut = min_p.reference(logits, m)
        =>     return top_p.reference(top_k.reference(apply_temperature.reference(cut, T), k), p)
        min-p came first, before the temperature. In the library it comes last, on what temperature, top-k and top-p
        have left.
    caps_the_temperature: logits, T) => logits, min(T, 1.0))
        A T above 1 had no effect. A temperature is no probability: use apply_temperature with the T that is given.
    top_p_before_top_k: top_p.reference(top_k.reference(warm, k), p) => top_k.reference(top_p.reference(warm, p), k)
        top-p came before top-k, or did not see what top-k had left. The library does top-k first: it makes the kept
        shares larger, so top-p needs fewer tokens.
    min_p_before_top_p: min_p.reference(top_p.reference(top_k.reference(warm, k), p), m)
        => top_p.reference(min_p.reference(top_k.reference(warm, k), m), p)
        min-p came before top-p and made the shares larger, so top-p needs fewer tokens. The library does min-p last.
    forgets_min_p: p), m) => p), 0.0)
        min-p was left out: its m has no effect. Warp with every argument that the function takes.
    forgets_top_p: , p), m) => , 1.0), m)
        top-p was left out: its p has no effect. Warp with every argument that the function takes.
    forgets_top_k: (warm, k) => (warm, 0)
        top-k was left out: its k has no effect. Warp with every argument that the function takes.
    forgets_temperature: logits, T) => logits, 1.0)
        The temperature was left out: its T has no effect. Each step takes the result of the step before.
    zero_is_fifty: (warm, k) => (warm, k or 50)
        k = 0 kept 50 tokens: that is the library's default where no top_k is given. Here 0 turns the step off.
    fifty_by_default: k=0 => k=50
        Without a k only 50 tokens were left. In this function the defaults turn everything off: k: int = 0.
    warms_by_default: T=1.0 => T=0.7
        Without a T the logits were changed. In this function the defaults turn everything off: T: float = 1.0.
    needs_all_arguments: T=1.0, k=0, p=1.0, m=0.0 => T, k, p, m
        The function could not be called without all its settings. Keep the defaults of the stub: they turn each step
        off.
    returns_early_in_16_bits: warm =
        => if (T, k, p, m) == (1, 0, 1, 0):
        =>         return logits
        =>     warm =
        Where every step is off, logits in 16 (or 64) bits came back as they were, not as float32. Call each step
        always, or convert before you return early.
    returns_the_bits_that_came: k), p), m) => k), p), m).to(logits.dtype)
        Logits in 16 (or 64) bits came back in as many bits, not as float32. Your four functions return float32: leave
        it so.
    refuses_every_infinity: warm = => refuse("there is a -inf" if (logits == -INF).any() else ""); warm =
        A row with *some* -inf was refused. That is ordinary: only a row in which all are out has nothing to draw from.
    lets_bad_logits_through (refuses nothing)
        NaN, or a row with nothing but -inf, went through. Softmax turns both into NaN for the whole row, and the draw
        then fails far away from the cause: refuse them here.
    looks_at_the_first_row (refuses nothing): warm = => refuse(refuses(logits[:1])); warm =
        A bad row that is not the first went through. Test every row: all(-1) answers row by row, any() over the rows.
    looks_for_nan_only (refuses nothing): warm = => refuse("NaN" if logits.isnan().any() else ""); warm =
        A row with nothing but -inf went through. Nothing is left to draw from: refuse it here, like NaN.
    looks_for_empty_rows_only (refuses nothing): warm = => refuse(refuses(logits.nan_to_num(0.0, -INF, -INF))); warm =
        NaN went through. It makes the whole row NaN in softmax: refuse it here, like a row of -inf alone.
    waits_until_all_rows_are_empty (refuses nothing): warm =
        => refuse("NaN or -inf" if logits.isnan().any() or (logits == -INF).all() else ""); warm =
        A row with nothing but -inf went through because another row was fine. all(-1) answers for each row, and any()
        says whether one of them is empty.
    looks_for_an_empty_first_row (refuses nothing): warm =
        => refuse("NaN or -inf" if logits.isnan().any() or (logits[0] == -INF).all() else ""); warm =
        A row with nothing but -inf went through that is not the first. all(-1) answers for each row, and any() says
        whether one of them is empty.
    zero_temperature_is_off: apply_temperature.reference(logits, T) => apply_temperature.reference(logits, T or 1.0)
        T = 0 was taken for "off". 0 is false in Python, so `if T:` skips the step that refuses it: call each step
        always; it knows itself what turns it off.
    zero_p_is_off: , p), m) => , p or 1.0), m)
        p = 0 was taken for "off". 0 is false in Python, so `if p:` skips the step that refuses it: call each step
        always; it knows itself what turns it off.
    skips_what_looks_off: warm, k), p), m) => warm, max(k, 0)), p if p < 1 else 1.0), m if m > 0 else 0.0)
        A k or an m below 0, or a p above 1, was taken for "off". A condition such as `if p < 1:` skips the step that
        refuses it: call each step always; it knows itself what turns it off.
    skips_a_large_p: , p), m) => , p if p < 1 else 1.0), m)
        A p above 1 was taken for "off". A condition such as `if p < 1:` skips the step that refuses it: call each step
        always; it knows itself what turns it off.
    skips_a_negative_k: (warm, k) => (warm, max(k, 0))
        A negative k was taken for "off". A condition such as `if k > 0:` skips the step that refuses it: call each step
        always; it knows itself what turns it off.
    skips_a_negative_m: p), m) => p), m if m > 0 else 0.0)
        A negative m was taken for "off". A condition such as `if m > 0:` skips the step that refuses it: call each step
        always; it knows itself what turns it off.
    other_order_of_parameters: k=0, p=1.0 => p=1.0, k=0
        The parameters stand in another order than in the stub, so a call by place gives k to p. Keep the stub's line.
""")


@exercise.alternative
def by_the_alternatives(logits, T=1.0, k=0, p=1.0, m=0.0):
    refuse(refused_setting(T, k, p, m))
    kept = top_k.by_counting_the_better_ones(apply_temperature.multiplies_by_the_inverse(logits, T), k)
    return min_p.by_difference_of_logits(top_p.by_cumulative_loop(kept, p), m)


@exercise.alternative
def in_double_precision(logits, T=1.0, k=0, p=1.0, m=0.0):
    refuse(refused_setting(T, k, p, m))
    kept = top_k.row_by_row_in_double_precision(apply_temperature.in_double_precision(logits, T), k)
    return min_p.in_double_precision(top_p.in_double_precision(kept, p), m)


@exercise.alternative
def with_numpy(logits, T=1.0, k=0, p=1.0, m=0.0):
    refuse(refused_setting(T, k, p, m))
    return min_p.with_numpy(top_p.with_numpy(top_k.with_numpy(apply_temperature.with_numpy(logits, T), k), p), m)
