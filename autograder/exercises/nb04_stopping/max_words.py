"""``max_words``: the class ``MaxWords``, a stopping criterion that limits the words of new text."""

import torch
from transformers import StoppingCriteria

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb04_stopping._shared import recital, words
from genlab.judging.adapters import Adapter

exercise = Exercise(__name__, points=3, adapter=Adapter.CRITERION)


@exercise.refuses
def refuses(tokenizer, prompt_length, max_words):
    return "" if max_words >= 1 else f"max_words must be at least 1, got {max_words}"


@exercise.probes
def probes(rng):
    ann, bob, pet, other, mood = words(rng)
    rows = [
        f"{ann} had a {pet}. The {pet} was unhappy and it wanted to be very {mood} today. So they all went home.",
        f"{bob} saw a wonderful butterfly, a strawberry, and a {other}! He liked to play with them and slept.",
    ]
    short = [  # words of one token
        f"{ann} had a {pet} and a {other} and a ball and a tree and a {pet} and a {other} and a ball and a tree",
        f"{bob} was in the park and it was {mood} and it was big and it was red and it was in the park and it was",
    ]

    def probe(name, texts, prompt_length, limit, n=14, end=False):
        return Probe(name, **recital(prompt_length, *texts, end=end), max_words=limit, max_new_tokens=n)

    yield probe("one row, words of one token", short[:1], 2, 4)
    yield probe("one row, words of several tokens", rows[1:], 2, 3)
    yield probe("two rows that reach the limit at different steps", rows, 2, 5, n=20)
    yield probe("two rows, the other one first", rows[::-1], 2, 3, n=20)
    yield probe("a long prompt does not count", short, 8, 3)
    yield probe("the run ends before the limit of words", short, 2, 50, n=6)
    ends = [f"{ann} had a {pet}.", rows[1]]
    yield probe("one row ends with eos before the limit of words", ends, 2, 6, n=20, end=True)
    yield probe("a limit of one word", rows, 3, 1)
    yield probe("a limit of 0 words is refused", rows, 2, 0)


@exercise.oracle
@exercise.reference
def reference(tokenizer, prompt_length, max_words):
    class MaxWords(StoppingCriteria):
        def __call__(self, input_ids, scores, **kwargs):
            texts = tokenizer.batch_decode(input_ids[:, prompt_length:], skip_special_tokens=True)
            return torch.tensor([len(text.split()) for text in texts]) > max_words

    return MaxWords()


@exercise.alternative
def row_by_row(tokenizer, prompt_length, max_words):
    """Loop over the rows; keep the flags from step to step."""

    class RowByRow(StoppingCriteria):
        done = torch.tensor(False)

        def __call__(self, input_ids, scores, **kwargs):
            now = []
            for row in input_ids.tolist():
                text = tokenizer.decode(row[prompt_length:], skip_special_tokens=True)
                now.append(len(text.split()) > max_words)
            self.done = self.done | torch.tensor(now)
            return self.done

    return RowByRow()


exercise.slips("""
    one_bool_for_the_batch: torch.tensor([len(text.split()) for text in texts]) > max_words
        => any(len(text.split()) > max_words for text in texts)
        One bool was returned for the batch, so one row stops all. Return a bool tensor, one element a row: shape [B].
    waits_for_all_rows: [len(text.split()) for text in texts] => [min(len(text.split()) for text in texts)] * len(texts)
        A row is stopped only when all rows are done: do not combine rows, generate does that. Return one element a row.
    counts_the_prompt: input_ids[:, prompt_length:] => input_ids
        The prompt's words were counted as well: input_ids holds prompt and new tokens. Slice from prompt_length on.
    stops_inside_a_word: > max_words => >= max_words
        The row stops when its last word has only begun: the next token may belong to the same word. Only a further
        word proves that the last one is complete, so stop when there are more than max_words.
    counts_tokens: len(text.split()) for text in texts => input_ids.shape[1] - prompt_length for text in texts
        Tokens were counted. A word may take several, and a full stop is one: decode, then split at white space.
    looks_at_row_0: for text in texts => for text in texts[:1] * len(texts)
        Only row 0 was decoded and its answer given to all rows. Decode each row.
    answers_with_numbers: torch.tensor([len(text.split()) for text in texts]) > max_words
        => torch.tensor([int(len(text.split()) > max_words) for text in texts])
        The answer is no bool tensor of shape [B]. generate needs one to combine it bit by bit with the other criteria.
    not_a_criterion: (StoppingCriteria) =>
        The class works but is no StoppingCriteria: type checks will refuse it. Write class MaxWords(StoppingCriteria).
    accepts_no_words (refuses nothing)
        A limit of 0 words cannot be kept, since generate always makes a token: raise a ValueError in __init__.
""")
