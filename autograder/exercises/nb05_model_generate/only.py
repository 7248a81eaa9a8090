"""``only``: the class ``Only``, a logits processor under which a model writes one of several options, and no more."""

import math

import torch
from transformers import LogitsProcessor, PrefixConstrainedLogitsProcessor

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import distinct_logits
from genlab.judging.adapters import Adapter

exercise = Exercise(__name__, points=4, adapter=Adapter.PROCESSOR)
exercise.rules("""
    tokens (2): a row may go on with the next token of each option that begins with all of its new tokens, and with no
        other: the scores of all others are -inf
    ends: behind a complete option the end token is allowed, beside the next token of a longer option, if there is one
    finished: where the new tokens are the beginning of no option, as behind an end token, only the end token is allowed
    keeps: what is allowed keeps its score; the scores that came in stay as they are; the object is a LogitsProcessor
    memory: the answer follows from the ids alone: rows may change places, and one object may serve several runs
    prompt: the prompt, prompt_length tokens, does not count, even if it ends like an option
    refuses: no options, an empty option, or an option with the end token in it is refused with a ValueError when the
        object is made
""")
VOCABULARY = 13


@exercise.refuses
def refuses(options, prompt_length, eos_token_id):
    if not options:
        return "there must be at least one option"
    if not all(options):
        return "an option is empty"
    return "an option contains the end token" if any(eos_token_id in option for option in options) else ""


@exercise.probes
def probes(rng):
    def probe(rule, name, options, *rows, eos, prompt=(), pad=None, order=None, cut=(), hidden=False):
        """A run in which each row writes the new tokens of one of ``rows``, an end token, and then pads.

        ``order``: which steps are asked, and for each step which row stands where; ``cut``: tokens that are -inf.
        """
        new = max(map(len, rows)) + 1
        prompts = [[*rng.sample(spare, 2), *prompt] for _ in rows]
        fill = eos if pad is None else pad
        said = [[*p, *row, eos, *[fill] * new] for p, row in zip(prompts, rows, strict=True)]
        start = len(prompts[0])
        steps, scores = [], []
        for step, places in [(n, range(len(rows))) for n in range(new)] if order is None else order:
            steps.append(torch.tensor([said[place][: start + step] for place in places]))
            scores.append(distinct_logits(rng, len(places), VOCABULARY))
            scores[-1][:, list(cut)] = -math.inf
        args = {"options": options, "prompt_length": start, "eos_token_id": eos, "input_ids": steps, "scores": scores}
        return Probe(name, rule=rule, hidden=hidden, **args)

    a, b, c, d, e, f, eos, other, *spare = rng.sample(range(1, VOCABULARY), VOCABULARY - 1)
    yield probe("tokens", "two options of one token", [[a], [b]], [a], [b], eos=eos)
    yield probe(
        "tokens", "a common beginning", [[a, b, c], [a, b, d], [e, f, c]], [a, b, c], [a, b, d], [e, f, c], eos=eos
    )
    yield probe("tokens", "a common middle", [[a, c, d], [b, c, e]], [a, c, d], [b, c, e], eos=eos)
    yield probe("tokens", "one option, one row", [[a, b, c]], [a, b, c], eos=eos)
    yield probe(
        "tokens", "a token twice in an option", [[a, b, a, c], [a, d]], [a, b, a, c], [a, d], eos=eos, hidden=True
    )
    yield probe("tokens", "the id 0", [[0, a], [a, 0, b]], [0, a], [a, 0, b], eos=eos, hidden=True)
    three = [[a, f, b], [c, f, d], [e, f, f]]
    yield probe("tokens", "three with a common middle", three, *three[::-1], eos=other, hidden=True)
    yield probe("ends", "an option that is the beginning of another", [[a], [a, b]], [a, b], [a, b], eos=eos)
    yield probe(
        "ends", "the longer option first", [[a, b, c], [d, e], [a, b]], [a, b, c], [a, b, c], [a, b, c], eos=eos
    )
    nested = [[a], [a, b], [a, b, c], [a, d]]
    yield probe("ends", "three in each other, the end token is 0", nested, [a, b, c], [a, d], eos=0, hidden=True)
    yield probe("ends", "the same option twice", [[a, b], [a, b], [a]], [a, b], [a, b], eos=eos, hidden=True)
    uneven = [[a], [b, c, d]]
    yield probe("finished", "a row that ended early", uneven, *uneven, eos=eos)
    yield probe("finished", "filled with another id", uneven, *uneven[::-1], eos=eos, pad=other)
    later = [(2, [0, 1]), (3, [0, 1])]
    more = [[a], [a, b, c]]
    yield probe("finished", "ended where it could go on", more, *more, eos=eos, pad=0, order=later)
    astray = [[a, b], [c, d]]
    yield probe("finished", "a row that is no beginning", astray, [a, e, b], [a, b], [c, d], eos=eos)
    yield probe(
        "finished", "another id fills, the longer row first", uneven, *uneven[::-1], eos=eos, pad=e, hidden=True
    )
    yield probe("finished", "astray from the first token on", astray, [e, f], [f, e], [a, b], eos=0, hidden=True)
    yield probe("keeps", "other processors have cut tokens", astray, [a, b], [c, d], eos=eos, cut=[a, e])
    yield probe("keeps", "much has been cut", uneven, *uneven, eos=eos, cut=[a, e, f], hidden=True)
    deep = [[a, b, c], [d, e, f]]
    swapped = [(0, [0, 1]), (1, [0, 1]), (2, [1, 0]), (3, [0, 0])]
    yield probe("memory", "rows change places", deep, *deep, eos=eos, order=swapped)
    twice = [(0, [0, 1]), (1, [0, 1]), (2, [0, 1]), (0, [1, 0]), (1, [1, 0])]
    yield probe("memory", "a second run with the same object", deep, *deep, eos=eos, order=twice)
    mixed = [(2, [0]), (0, [1, 0, 1]), (3, [1, 0])]
    yield probe("memory", "steps in no order", deep, *deep, eos=eos, order=mixed, hidden=True)
    yield probe("prompt", "a prompt that ends like an option", [[a, b], [c, d]], [c, d], [a, b], eos=eos, prompt=[a])
    yield probe("prompt", "a prompt that ends with an option", [[a], [b, c]], [b, c], [a], eos=eos, prompt=[d, a])
    long = [d, e, a, b]
    yield probe("prompt", "a long prompt", [[a, b, c], [b, d]], [b, d], [a, b, c], eos=eos, prompt=long, hidden=True)
    yield probe("prompt", "an end token in the prompt", astray, [a, b], [c, d], eos=eos, prompt=[a, eos], hidden=True)
    yield probe("refuses", "no options", [], [a], eos=eos, order=[])
    yield probe("refuses", "an empty option", [[a, b], []], [a, b], eos=eos)
    yield probe("refuses", "the end token in an option", [[a, b], [c, eos, d]], [a, b], eos=eos)
    yield probe("refuses", "an option that ends with the end token", [[a, eos], [c]], [c], eos=eos, order=[])
    yield probe("refuses", "an empty option, before any step", [[], [c]], [c], eos=0, order=[])
    yield probe("refuses", "the end token 0 in an option", [[c], [0, a]], [c], eos=0, order=[], hidden=True)


@exercise.oracle
def oracle(options, prompt_length, eos_token_id):
    """The library's processor, which asks for the allowed tokens of each row."""

    def allowed(_, row):
        new = row[prompt_length:].tolist()
        lines = [[*option, eos_token_id] for option in options if option[: len(new)] == new]
        return sorted({line[len(new)] for line in lines}) or [eos_token_id]

    return PrefixConstrainedLogitsProcessor(allowed, num_beams=1)


@exercise.reference
def reference(options, prompt_length, eos_token_id):
    class Only(LogitsProcessor):
        def __call__(self, input_ids, scores):
            allowed = torch.zeros_like(scores, dtype=torch.bool)
            for i, row in enumerate(input_ids[:, prompt_length:].tolist()):
                going = [option for option in options if option[: len(row)] == row]
                following = [option[len(row)] for option in going if len(option) > len(row)]
                if row in options or not going:
                    following.append(eos_token_id)
                allowed[i, following] = True
            return scores.masked_fill(~allowed, -math.inf)

    return Only()


exercise.slips("""
    looks_at_the_last_token: if option[: len(row)] == row]
        => if not row or option[len(row) - 1 : len(row)] == row[-1:]]
        Only the last token was compared, so that a row can change over to another option. An option goes on only if it
        begins with *all* new tokens: option[:n] == row.
    any_option_at_any_place: option[: len(row)] == row] => len(option) >= len(row)]
        At each place the tokens of all options were allowed, whatever the row has said before: that mixes options. Only
        options that begin with the row's new tokens can go on.
    the_first_option_that_fits: following = [option[len(row)] for option in going if len(option) > len(row)]
        => following = [option[len(row)] for option in going[:1] if len(option) > len(row)]
        Only the first option that fits went on, so that the model had no choice. Collect the next tokens of all options
        that begin with the row.
    all_tokens_of_the_options: [option[len(row)] for option in going if len(option) > len(row)]
        => [token for option in going if len(option) > len(row) for token in option]
        All tokens of an option were allowed at once, in any order. Allow only its next one: option[n].
    ends_only_where_nothing_goes_on: row in options or not going => not following
        Behind "cat" the end token was forbidden, because "cats" goes on: the shorter option can never be written.
        Where the row is an option, the end token is allowed, too.
    ends_only_where_an_option_ends: row in options or not going
        => row in options and (following := []) is not None or not going
        Behind "cat" only the end token was allowed, so that "cats" can never be written. Keep the next token of the
        longer option beside it.
    forbids_the_end: row in options or not going => False
        The end token was never allowed, so a complete option leaves no token at all. Behind an option, allow it.
    always_allows_the_end: row in options or not going => True
        The end token was allowed in the middle of an option: the model may stop after half of it. Allow it only where
        the row's new tokens are an option.
    nothing_left_behind_the_end: row in options or not going => row in options
        Rows that have ended, and what begins no option, were left without any token. A row of -inf makes sampling fail:
        allow the end token there.
    everything_behind_the_end: return scores.masked_fill(~allowed, -math.inf)
        => return scores.masked_fill(~(allowed | (allowed[:, eos_token_id] & ~torch.tensor([
        =>                 any(o[: len(r)] == r for o in options) for r in input_ids[:, prompt_length:].tolist()
        =>             ]))[:, None]), -math.inf)
        Rows that have ended were left free. Nothing but the end token is allowed where the new tokens begin no option.
    forgets_the_ends: input_ids[:, prompt_length:].tolist()):
        => input_ids[:, prompt_length:].tolist()):
        =>                 row = [token for token in row if token != eos_token_id]
        End tokens were taken out of the new tokens, so that a row that ended after "cat" can go on to "cats". An end
        token belongs to the row: behind it only the end token is allowed.
    a_bonus: scores.masked_fill(~allowed, -math.inf) => scores + 100.0 * allowed
        Allowed tokens got a bonus. That makes the others unlikely, not impossible, and changes the scores. Set the
        others to -inf and leave the allowed ones alone.
    a_large_penalty: scores.masked_fill(~allowed, -math.inf) => scores.masked_fill(~allowed, -1e9)
        Other tokens got a very low score. Where all that is allowed has been cut before, it is the best one. Forbidden
        is -inf: float("-inf").
    the_smallest_number: scores.masked_fill(~allowed, -math.inf)
        => scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)
        Other tokens got the smallest finite number. The card asks for -inf, which is below any score and stays so
        whatever is added to it: float("-inf").
    probabilities: scores.masked_fill(~allowed, -math.inf) => scores.masked_fill(~allowed, -math.inf).softmax(-1)
        Probabilities were returned. A processor returns scores; temperature, cuts and softmax come later.
    zero_for_the_others: scores.masked_fill(~allowed, -math.inf) => scores * allowed
        Other tokens got the score 0, which is more than many allowed ones have. A score is a logit, not a probability:
        forbidden is -inf.
    the_allowed_ones_are_forbidden: ~allowed, => allowed,
        The allowed tokens were cut, and the others kept: the mask is the wrong way round.
    equal_chances: return scores.masked_fill(~allowed, -math.inf)
        => return torch.zeros_like(scores).masked_fill(~allowed, -math.inf)
        All allowed tokens got the same score, so that the model no longer chooses. Keep the scores that came in.
    renormalizes: return scores.masked_fill(~allowed, -math.inf)
        => return scores.masked_fill(~allowed, -math.inf).log_softmax(-1)
        The scores were normalized. Softmax comes later, once: return what came in, with -inf for other tokens.
    in_place: scores.masked_fill(~allowed, -math.inf) => scores.masked_fill_(~allowed, -math.inf)
        The scores that came in were changed. out.logits is the same tensor, and would show your -inf as the model's
        own opinion: use masked_fill without the underscore, or work on a clone.
    revives_what_was_cut: return scores.masked_fill(~allowed, -math.inf)
        => return scores.clamp(min=-1e9).masked_fill(~allowed, -math.inf)
        An allowed token whose score was -inf got another one. Other processors had cut it: what is allowed keeps its
        score, also -inf.
    no_processor: class Only(LogitsProcessor) => class Only
        The class works, but it is no LogitsProcessor: write class Only(LogitsProcessor).
    row_0_for_all: enumerate(input_ids[:, prompt_length:].tolist())
        => enumerate(input_ids[:1, prompt_length:].tolist() * len(input_ids))
        All rows were treated like row 0. Each row of input_ids has a beginning of its own.
    allows_for_the_whole_batch: allowed[i, following] = True => allowed[:, following] = True
        What one row may say was allowed for all rows. Mark it in that row only.
    counts_the_prompt: input_ids[:, prompt_length:] => input_ids
        The prompt was compared with the options. Look at the new tokens only: input_ids[:, prompt_length:].
    searches_the_end_of_the_row: enumerate(input_ids[:, prompt_length:].tolist())
        => enumerate(
        =>                 next((r[-n:] for n in range(min(len(r), max(map(len, options))), 0, -1)
        =>                       if any(o[:n] == r[-n:] for o in options)), r[prompt_length:])
        =>                 for r in input_ids.tolist())
        The end of the whole row was compared with the options, so a prompt that ends like an option has begun one. The
        new tokens begin at prompt_length.
    refuses_nothing (refuses nothing)
        Options that cannot work were accepted. In __init__, raise a ValueError for no options at all, for an empty one,
        and for one that contains the end token.
    refuses_only_an_empty_list (refuses nothing): class Only
        => if not options:
        =>         raise ValueError("no options")
        =>     class Only
        Only an empty list of options was refused. An option without tokens, and one with the end token in it, cannot be
        written, either.
    looks_only_at_the_last_token_of_an_option (refuses nothing): class Only
        => if not options or not all(options) or any(option[-1] == eos_token_id for option in options):
        =>         raise ValueError("bad options")
        =>     class Only
        An end token at the end of an option was refused, but not one in its middle, behind which the row is over: ask
        `eos_token_id in option`.
    looks_only_at_the_first_token_of_an_option (refuses nothing): class Only
        => if not options or not all(options) or any(option[0] == eos_token_id for option in options):
        =>         raise ValueError("bad options")
        =>     class Only
        An end token at the beginning of an option was refused, but not one in its middle or at its end. It ends the row
        wherever it stands: ask `eos_token_id in option`.
    looks_only_at_the_first_option (refuses nothing): class Only
        => if not options or not options[0] or eos_token_id in options[0]:
        =>         raise ValueError("bad options")
        =>     class Only
        Only the first option was looked at. Each one may be empty, or hold the end token: go through all of them.
    accepts_no_options (refuses nothing): class Only
        => if not all(options) or any(eos_token_id in option for option in options):
        =>         raise ValueError("bad options")
        =>     class Only
        A list without any option was accepted. A loop over its options finds nothing wrong, because there are none: ask
        `not options` first.
    asserts (refuses nothing): class Only
        => assert options and all(options) and all(eos_token_id not in option for option in options)
        =>     class Only
        An assert ends in an AssertionError, or in nothing under python -O. Write `if ...: raise ValueError(...)`.
""")


@exercise.mistake
def counts_its_calls(options, prompt_length, eos_token_id):
    """A counter, or a place in the trie, was kept in the object, and is wrong when rows change places or a second run
    begins. Keep nothing from call to call: the new tokens of each row say where it stands."""

    class Counting(LogitsProcessor):
        rows = None

        def __call__(self, input_ids, scores):
            new = input_ids[:, prompt_length:]
            if self.rows is None:
                self.rows = new
            else:
                added = torch.cat([input_ids[:, -1:], new.new_zeros(len(self.rows), 1)])[: len(self.rows)]
                self.rows = torch.cat([self.rows, added], dim=1)
            rows = self.rows.repeat(len(new), 1)[: len(new)]
            return reference(options, 0, eos_token_id)(rows, scores)

    return Counting()


@exercise.mistake
def takes_keywords(options, prompt_length, eos_token_id):
    """`__call__` takes `**kwargs`, or another argument besides `input_ids` and `scores`. The library looks at the names
    of these arguments and wants a value for each of them from the call. Take the two, and nothing else."""

    class Only(LogitsProcessor):
        def __call__(self, input_ids, scores, **kwargs):
            return reference(options, prompt_length, eos_token_id)(input_ids, scores)

    Only.__module__, Only.__qualname__ = "__main__", "Only"  # the error names the class
    return Only()


@exercise.mistake(refuses=False)
def refuses_in_the_first_call(options, prompt_length, eos_token_id):
    """The options were looked at only when the object was called, and the model had run by then. Refuse in __init__."""

    class Late(LogitsProcessor):
        def __call__(self, input_ids, scores):
            return exercise._guarded(reference)(options, prompt_length, eos_token_id)(input_ids, scores)

    return Late()


@exercise.alternative
def trie(options, prompt_length, eos_token_id):
    """A trie of dictionaries, and a new tensor that is filled."""
    root = {}
    for option in options:
        node = root
        for token in [*option, eos_token_id]:
            node = node.setdefault(token, {})

    class Trie(LogitsProcessor):
        def __call__(self, input_ids, scores):
            result = torch.full_like(scores, -math.inf)
            for i in range(input_ids.shape[0]):
                node = root
                for token in input_ids[i, prompt_length:]:
                    node = node.get(token.item(), {})
                for token in node or [eos_token_id]:
                    result[i, token] = scores[i, token]
            return result

    return Trie()


@exercise.alternative
def table_of_beginnings(options, prompt_length, eos_token_id):
    """A table from each beginning to what may follow, and a mask that is added."""
    table = {}
    for option in options:
        line = (*option, eos_token_id)
        for n in range(len(line)):
            table.setdefault(line[:n], set()).add(line[n])

    class Table(LogitsProcessor):
        def __call__(self, input_ids, scores):
            mask = torch.full(scores.shape, float("-inf"))
            for line, row in zip(mask, input_ids.tolist(), strict=True):
                line[list(table.get(tuple(row[prompt_length:]), {eos_token_id}))] = 0
            return scores + mask

    return Table()
