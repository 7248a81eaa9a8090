"""``token_forwards``: how many tokens a model reads while a batch is generated, with a cache and without."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from genlab.judging.adapters import Adapter
from genlab.models import probe_model

exercise = Exercise(__name__, points=3, adapter=Adapter.CALL)
exercise.rules("""
    cached: with the cache the first pass reads the prompt, each further one the newest token; the last token of all is
        never read
    uncached: without the cache each pass reads all tokens up to now
    width: the rows are filled to the longest prompt, and what fills them is read, too
    ends: all rows take part in every pass until the last of them has ended
    refuses: no rows, lists of different lengths and numbers below 1 are refused with a ValueError
""")


@exercise.refuses
def refuses(prompts, new, use_cache):
    if not prompts or len(prompts) != len(new):
        return "there must be as many prompts as ends, and at least one"
    return "every number must be at least 1" if min(prompts + new) < 1 else ""


@exercise.probes
def probes(rng):
    def probe(rule, name, prompts, new, use_cache=True, hidden=False):
        return Probe(name, rule=rule, hidden=hidden, prompts=prompts, new=new, use_cache=use_cache)

    def some(count, low=2, high=12):
        return rng.sample(range(low, high), count)

    p, n, q, m = some(4)
    yield probe("cached", "one row", [p], [n])
    yield probe("cached", "one new token", [p], [1])
    yield probe("cached", "a prompt of one token", [1], [n])
    yield probe("cached", "three rows alike", [p] * 3, [n] * 3)
    yield probe("cached", "five rows alike", [q] * 5, [m] * 5, hidden=True)
    yield probe("uncached", "one row, no cache", [p], [n], False)
    yield probe("uncached", "one new token, no cache", [q], [1], False)
    yield probe("uncached", "three rows alike, no cache", [q] * 3, [m] * 3, False)
    yield probe("uncached", "a long answer, no cache", [2], [25], False)
    yield probe("uncached", "four rows alike, no cache", [p] * 4, [m] * 4, False, hidden=True)
    yield probe("uncached", "three prompts, two ends, no cache", [p, q, n], [n, m, n], False)
    yield probe("uncached", "four prompts and ends, no cache", some(4), some(4), False, hidden=True)
    yield probe("width", "two prompts, one new token", some(2), [1] * 2)
    yield probe("width", "three prompts", some(3), [n] * 3)
    yield probe("width", "four prompts, the longest last", sorted(some(4)), [m] * 4)
    yield probe("width", "three prompts, the longest first", sorted(some(3))[::-1], [m] * 3, hidden=True)
    yield probe("ends", "two ends", [p] * 2, some(2))
    yield probe("ends", "four ends, the last row goes on longest", [q] * 4, sorted(some(4)))
    yield probe("ends", "three ends, the first row goes on longest", [q] * 3, sorted(some(3))[::-1], hidden=True)
    yield probe("refuses", "no rows", [], [])
    yield probe("refuses", "more prompts than ends", [p, q], [n])
    yield probe("refuses", "an empty prompt", [p, 0], [n, m])
    yield probe("refuses", "a row without new tokens", [p, q], [0, m], False)
    yield probe("refuses", "more ends than prompts", [p], [n, m], False, hidden=True)
    yield probe("refuses", "a negative number", [p, q], [n, -1], hidden=True)


@exercise.oracle
def oracle(prompts, new, use_cache):
    """What the model is really given by ``model.generate``, counted."""
    model, width, read = probe_model(n_layer=1, n_positions=64, eos_token_id=None), max(prompts), []
    rows = torch.tensor([[0] * (width - p) + [1] * p for p in prompts])
    ends = torch.tensor(new)
    hook = model.register_forward_pre_hook(
        lambda m, a, given: read.append(given["input_ids"].numel()), with_kwargs=True
    )
    model.generate(
        rows,
        attention_mask=rows,
        max_new_tokens=max(new),
        do_sample=False,
        pad_token_id=0,
        use_cache=use_cache,
        stopping_criteria=[lambda ids, scores: ids.shape[1] - width >= ends],
    )
    hook.remove()
    return sum(read)


@exercise.reference
def reference(prompts, new, use_cache):
    rows, width, passes = len(prompts), max(prompts), max(new)
    if use_cache:
        return rows * (width + passes - 1)
    return rows * sum(width + step for step in range(passes))


@exercise.alternative
def by_passes(prompts, new, use_cache):
    """Add up the passes, as they happen."""
    length, read = max(prompts), 0
    for step in range(max(new)):
        read += (1 if use_cache and step else length) * len(new)
        length += 1
    return read


@exercise.alternative(refuses=False)
def by_formula(prompts, new, use_cache):
    """The sum of an arithmetic series."""
    if len(prompts) != len(new) or not new or min(*prompts, *new) < 1:
        raise ValueError("each row needs a prompt and an end, both at least 1")
    p, n = max(prompts), max(new)
    return len(new) * (p + n - 1 if use_cache else n * p + n * (n - 1) // 2)


exercise.slips("""
    forgets_the_prefill: rows * (width + passes - 1) => rows * passes
        The prompt was not counted. Before the first new token the model reads the whole prompt: that is the prefill.
    the_prefill_beside_the_passes: rows * (width + passes - 1) => rows * (width + passes)
        One token too many was counted. The prefill is the pass that gives the first new token, and the last new token
        is never read: n new tokens take a prefill and n - 1 single ones.
    quadratic_with_a_cache: rows * (width + passes - 1) => rows * sum(width + step for step in range(passes))
        With the cache as many were counted as without it. From the second pass on the model reads one token a row.
    the_prompt_again_and_again: rows * (width + passes - 1) => rows * width * passes
        With the cache the prompt was counted in each pass. It is read once, its keys and values are kept.
    one_token_is_no_prompt: rows * (width + passes - 1) => rows * (passes - 1 + (width if width > 1 else 0))
        A single token was not counted as a prompt. Whatever its length, a prompt is read in the pass that gives the
        first new token.
    the_prompt_does_not_grow: sum(width + step for step in range(passes)) => width * passes
        Without the cache each pass was counted as if it read the prompt alone. It reads the new tokens, too: the row
        grows by one with each pass.
    reads_the_last_token: for step in range(passes) => for step in range(1, passes + 1)
        Without the cache the row was counted with the token that a pass is about to give. It reads those before it: the
        prompt alone in the first pass.
    squares_the_whole: sum(width + step for step in range(passes)) => (width + passes) ** 2
        The square of the length was taken. Each pass reads what is there by then: add the lengths up, from the prompt's
        on.
    linear_without_a_cache: if use_cache: => if True:
        Without the cache as few were counted as with it. Then nothing is kept: each pass reads everything up to now.
    the_cache_the_wrong_way_round: if use_cache: => if not use_cache:
        Both numbers are right, and use_cache was read the wrong way round.
    each_prompt_as_it_is: rows * (width + passes - 1) => sum(prompts) + rows * (passes - 1)
        Each prompt was counted with its own length. In a batch all rows have the length of the longest, and the filling
        is read like everything else; only what comes of it is not used.
    the_first_prompt: max(prompts) => prompts[0]
        The first prompt's length was taken for the batch's. The rows are filled up to the longest.
    the_shortest_prompt: max(prompts) => min(prompts)
        The shortest prompt's length was taken. Nothing is cut off: the others are filled up to the longest.
    each_row_to_its_own_end: rows * (width + passes - 1) => sum(width + n - 1 for n in new)
        Each row was counted to its own end. A row that has ended stays in the batch, and is read in each pass until the
        last one has ended.
    the_first_to_end: max(new) => min(new)
        The first row that ends was taken for the end of the batch. It goes on until the last row has ended.
    the_mean_of_the_ends: max(new) => round(sum(new) / len(new))
        The rows' mean was taken. What a batch does is decided by its longest row, not by its mean.
    one_row: rows, width, passes = len(prompts), => rows, width, passes = 1,
        One row was counted. Every pass reads a token, or a whole text, for each row.
    refuses_nothing (refuses nothing)
        Numbers that no batch has were accepted. Raise a ValueError for no rows, for lists of different lengths, and for
        numbers below 1.
    refuses_no_rows_only (refuses nothing): rows, width, passes = len(prompts), max(prompts), max(new)
        => if not prompts or len(prompts) != len(new):
        =>         raise ValueError("no rows, or not as many ends")
        =>     rows, width, passes = len(prompts), max(prompts), max(new)
        A number below 1 was accepted. A prompt has at least one token, and at least one is generated: look at all of
        the numbers.
""")
