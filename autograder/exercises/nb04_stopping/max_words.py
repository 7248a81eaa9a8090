"""``max_words``: the class ``MaxWords``, a stopping criterion that limits the words of new text."""

import re

import torch
from transformers import StoppingCriteria

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import BEGINS, TOKENIZER
from autograder.exercises.nb04_stopping._shared import BEGIN, EOS, VOCABULARY, reciter, storyteller_tokenizer, words
from genlab.judging.adapters import Adapter
from genlab.judging.values import Resource
from genlab.models import probe_model

exercise = Exercise(__name__, points=3, calls=True, adapter=Adapter.CRITERION)
exercise.rules("""
    words (2): a row has ended when its new text has more than max_words words, as text.split() counts them
    anew: each answer follows from the ids of this call alone, however many of them are new since the last one; the same
        object may serve another run
    rows: it is a StoppingCriteria and answers with a bool tensor [B], an element for each row
    prompt: the prompt does not count, only the new text does
    special: the new text is decoded without special tokens, whichever they are; what stands behind them counts
    refuses: max_words below 1 is refused with a ValueError when the object is made
""")


@exercise.refuses
def refuses(tokenizer, prompt_length, max_words):
    return "" if max_words >= 1 else f"max_words must be at least 1, got {max_words}"


@exercise.probes
def probes(rng):
    encode = storyteller_tokenizer().encode
    ann, bob, pet, other, mood = words(rng)

    def probe(rule, name, *texts, limit, n=14, prompt="", end=(), hidden=False, **settings):
        """Each row is an end token and a text, of which the first word is the prompt, and perhaps another ``end``.

        With ``prompt``, that comes before the text.
        """
        rows = [[EOS, *encode(prompt + text), *end] for text in texts]
        anew = {"asked_anew": True} if rule == "anew" else {}
        settings = reciter(*rows, prompt_length=1 + len(encode(prompt or ann)), **settings) | {"max_words": limit}
        return Probe(name, rule=rule, hidden=hidden, **settings, max_new_tokens=n, **anew)

    few = rng.randrange(3, 6)
    plain = f"{ann} had a {pet} and a {other} and a ball and a tree and a {pet} and a kite"
    pieces = f"{bob} wanted a crocodile umbrella, a strawberry, a butterfly and a {other} to play with."
    joined = f"{ann} saw {bob}'s well-known {pet} and a {other} and ran away."
    marks = f"{ann} said - no ! - and ran - away to see a {pet}."
    lines = f"{ann} had a {pet}.\n\nOne day\nit ran\n\n\naway. {bob} was {mood}."
    spaces = f"{ann}  had   a\t{pet}  and   a   {other}."
    emoji = f"{ann} 🙂 had 🙂🙂 a 🙂 {pet} and a {other}."
    rows = [
        f"{ann} had a {pet}. The {pet} was unhappy and it wanted to be very {mood} today. So they all went home.",
        f"{bob} saw a crocodile, a strawberry, and a {other}! He liked to play with them and slept all day.",
        f"They went to the park to see a crocodile and a {pet} and a {other} and they all ran away.",
        f"She was so {mood} that she said nothing to {bob} and {ann} and went home to sleep all night.",
    ]
    second = [EOS, *encode(f" {bob} saw it and the {other} too.")]  # another story behind an end token

    yield probe("rows", "the run ends before the limit of words", *rows[:2], limit=50, n=5)
    yield probe("words", "words of one token", plain, limit=few)
    yield probe("words", "words that come again", f"{ann} ran" + " and ran" * 6, limit=few)
    yield probe("words", "the last word allowed, then a space", f"{ann} had a  {pet}   or two", limit=3)
    again = f"{ann} saw a {pet} and a {pet} and a {pet} and a {pet}"
    yield probe("words", "three words again and again", again, limit=few + 1, hidden=True)
    yield probe(
        "words", "the last word allowed, then line breaks", f"{ann} had a {pet}.\n\n\nIt ran.", limit=3, hidden=True
    )
    yield probe("words", "words of several tokens", pieces, limit=few, n=20)
    yield probe("words", "apostrophes and hyphens", joined, limit=few)
    yield probe("words", "marks that stand alone", marks, limit=few)
    yield probe("words", "line breaks", lines, limit=few + 2, n=20)
    yield probe("words", "a limit of one word", pieces, limit=1)
    yield probe("words", "several spaces", spaces, limit=few, n=20, hidden=True)
    yield probe("words", "emoji", emoji, limit=few, n=24, hidden=True)
    yield several_at_once(rng)
    yield probe("anew", "other calls after a run", plain, limit=few)
    yield probe("anew", "other calls after a run on a long prompt", " and " + plain, limit=few, prompt=pieces)
    yield probe("anew", "other calls after a longer run", pieces, limit=few + 1, n=24, hidden=True)
    yield probe("rows", "two rows that reach the limit at different steps", *rows[:2], limit=few, n=20)
    yield probe("rows", "the other row first", rows[1], rows[0], limit=few, n=20)
    yield probe("rows", "one row ends with the end token", f"{ann} ran.", rows[1], limit=few, n=20, end=[EOS])
    yield probe("rows", "the limit stops the run", *rows[:3], limit=few + 3, n=8, hidden=True)
    yield probe("rows", "four rows", *rows, limit=few, n=16, hidden=True)
    yield probe("prompt", "a long prompt", " and " + plain, limit=few, prompt=f"{ann}, {bob}, a {pet}, a {other}")
    yield probe("prompt", "the prompt ends inside a word", "rocodile and a fish ran", limit=2, prompt=f"{ann} saw a c")
    names = f"{ann} and {ann} and {ann} and {ann} and a {pet}"
    yield probe("prompt", "the new text repeats the prompt", names, limit=few)
    yield probe("prompt", "the prompt has more words than the limit", " ran.", limit=2, prompt=plain, hidden=True)
    yield probe("prompt", "a prompt with line breaks", f" {pieces}", limit=few, prompt=lines[:-1], hidden=True)
    yield probe("special", "a line break, then the end token", f"{ann} had a {pet}.\n", limit=3, end=[EOS])
    yield probe("special", "an end token that ends nothing", f"{ann} ran. ", limit=few, end=second, eos=None)
    other_one = {"end": [*encode(" "), BEGIN, *encode(f" {bob} ran to {ann}")], "tokenizer": BEGINS}
    yield probe("special", "another tokenizer's special token", f"{ann} ran.", limit=few, **other_one)
    yield probe("special", "it begins the new text, line breaks behind it", "\n", limit=2, **other_one, hidden=True)
    yield probe("special", "a space, then the end token", f"{bob} was {mood} ", limit=2, end=[EOS], hidden=True)
    alone = [EOS, *encode("\n"), *second]
    yield probe("special", "it stands alone", f"{ann} ran.\n", limit=2, end=alone, eos=None, hidden=True)
    yield probe("refuses", "a limit of 0 words", plain, limit=0)
    yield probe("refuses", "a limit below 0", *rows[:2], limit=-few, hidden=True)


def several_at_once(rng):
    """A model that looks ahead (prompt lookup): a step brings up to four tokens, any of which may begin a word."""
    limit = rng.randrange(2, 5)
    while True:
        settings = {"seed": rng.randrange(1_000_000), "vocab_size": VOCABULARY, "prompt_lookup_num_tokens": 3}
        model, lengths = probe_model(**settings), [0]

        def note(ids, scores, lengths=lengths, **_):
            lengths.append(ids.shape[1] - 1)
            return torch.zeros(len(ids), dtype=torch.bool)

        ids = torch.tensor([[EOS]])
        settled = {"attention_mask": torch.ones_like(ids), "pad_token_id": EOS, "max_new_tokens": 16}
        said = model.generate(ids, **settled, stopping_criteria=[note])
        with torch.no_grad():
            best = model(said).logits.topk(2).values
        texts = storyteller_tokenizer().batch_decode([said[0, 1 : n + 1] for n in range(17)])
        count = [len(text.split()) for text in texts]
        begins = [n for n in range(1, 17) if count[n] > count[n - 1]]
        unseen = set(begins) - set(lengths)  # words that begin with a token which is not the last of its step
        soon = [n for n in unseen if count[n - 1] <= limit < count[-1]]
        if soon and (best[..., 0] - best[..., 1]).min() > 0.05:
            model = Resource("probe_model", **settings)
            args = {"model": model, "tokenizer": TOKENIZER, "input_ids": ids, "max_words": limit}
            return Probe("several tokens come in one step", rule="anew", hidden=True, **args, max_new_tokens=16)


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
    """Loop over the rows; a list of answers becomes a tensor."""

    class RowByRow(StoppingCriteria):
        def __call__(self, input_ids, scores, **kwargs):
            now = []
            for row in input_ids.tolist():
                text = tokenizer.decode(row[prompt_length:], skip_special_tokens=True)
                now.append(len(text.split()) > max_words)
            return torch.tensor(now)

    return RowByRow()


@exercise.alternative(refuses=False)
class ByPattern(StoppingCriteria):
    """Words are runs of what is not white space; the answer is filled in place."""

    def __init__(self, tokenizer, prompt_length, max_words):
        super().__init__()
        if not max_words > 0:
            raise ValueError("no words at all cannot be asked for")
        self.decode, self.start, self.most = tokenizer.decode, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        ended = torch.full((input_ids.shape[0],), False, device=input_ids.device)
        for place, row in enumerate(input_ids):
            text = self.decode(row[self.start :], skip_special_tokens=True)
            ended[place] = len(re.findall(r"\S+", text)) > self.most
        return ended


exercise.slips("""
    one_bool_for_the_batch: torch.tensor([len(text.split()) for text in texts]) > max_words
        => any(len(text.split()) > max_words for text in texts)
        One bool was returned for the batch, so one row stops all. Return a bool tensor, one element a row: shape [B].
    any_row_ends_all: [len(text.split()) for text in texts] => [max(len(text.split()) for text in texts)] * len(texts)
        Every row was stopped as soon as any row was done. Each row ends by itself: return one element a row.
    waits_for_all_rows: [len(text.split()) for text in texts] => [min(len(text.split()) for text in texts)] * len(texts)
        A row is stopped only when all rows are done: do not combine rows, generate does that. Return one element a row.
    adds_the_rows_up: [len(text.split()) for text in texts] => [sum(len(text.split()) for text in texts)] * len(texts)
        The words of all rows were added up. Each row has a limit of its own: return one element a row.
    counts_the_prompt: input_ids[:, prompt_length:] => input_ids
        The prompt's words were counted as well: input_ids holds prompt and new tokens. Slice from prompt_length on.
    slices_one_too_early: input_ids[:, prompt_length:] => input_ids[:, prompt_length - 1 :]
        The last token of the prompt was counted as well. The new ids begin at the index prompt_length.
    subtracts_the_prompt: [len(text.split()) for text in texts]
        => [len(both.split()) - len(prompt.split()) for both, prompt in zip(
        =>                 tokenizer.batch_decode(input_ids, skip_special_tokens=True),
        =>                 tokenizer.batch_decode(input_ids[:, :prompt_length], skip_special_tokens=True))]
        The prompt's words were subtracted from all words. Where the prompt ends inside a word, one is missing: decode
        the new ids alone, and count in their text.
    removes_the_prompts_text: len(text.split()) for text in texts
        => len(both.replace(prompt, "").split()) for both, prompt in zip(
        =>                 tokenizer.batch_decode(input_ids, skip_special_tokens=True),
        =>                 tokenizer.batch_decode(input_ids[:, :prompt_length], skip_special_tokens=True))
        The prompt's text was removed by replace, which removes it from the new text, too. Slice the ids from
        prompt_length on, and decode only these.
    stops_inside_a_word: > max_words => >= max_words
        The row stops when its last word has only begun: the next token may belong to the same word. Only a further
        word proves that the last one is complete, so stop when there are more than max_words.
    stops_a_word_late: > max_words => > max_words + 1
        The row stops one word too late. When a further word begins, the last of max_words words is complete: more than
        max_words words end the row.
    stops_at_white_space: torch.tensor([len(text.split()) for text in texts])
        => torch.tensor([len(text.split()) + text[-1:].isspace() for text in texts])
        A row was stopped when white space followed its last word. The word is complete then, but the card asks for more
        than max_words words: the row goes on until the next one begins.
    counts_different_words: len(text.split()) => len(set(text.split()))
        Different words were counted. A word that comes again is a word again: count what text.split() gives.
    counts_tokens: len(text.split()) for text in texts => input_ids.shape[1] - prompt_length for text in texts
        Tokens were counted. A word may take several, and a full stop is one: decode, then split at white space.
    words_of_letters: len(text.split()) => len(re.findall(r"\\w+", text))
        Words were taken for runs of letters, so "it's" has two and a dash none. A word is what text.split() gives.
    splits_at_single_spaces: text.split() => text.split(" ")
        The text was split at single spaces. split(" ") gives empty words for a leading space, and a line break does not
        divide. split() without an argument splits at any white space and gives no empty words.
    keeps_special_tokens: skip_special_tokens=True => skip_special_tokens=False
        Special tokens were counted as words, or as parts of words: decode with skip_special_tokens=True.
    stops_at_special_tokens: for text in texts
        => for text in (t.split("<|")[0] for t in tokenizer.batch_decode(input_ids[:, prompt_length:]))
        Each row was read up to its first special token. Without special tokens means that they are left out, and that
        what stands behind them counts: decode with skip_special_tokens=True.
    knows_the_end_token_only: texts = tokenizer.batch_decode(input_ids[:, prompt_length:], skip_special_tokens=True)
        => texts = tokenizer.batch_decode(input_ids[:, prompt_length:])
        =>             texts = [text.replace(tokenizer.eos_token, "") for text in texts]
        Only the end token was left out of the text. A tokenizer may have other special tokens, too: decode with
        skip_special_tokens=True.
    looks_at_row_0: for text in texts => for text in texts[:1] * len(texts)
        Only row 0 was decoded and its answer given to all rows. Decode each row.
    answers_with_numbers: torch.tensor([len(text.split()) for text in texts]) > max_words
        => torch.tensor([int(len(text.split()) > max_words) for text in texts])
        The answer is no bool tensor of shape [B]. generate needs one to combine it bit by bit with the other criteria.
    answers_with_a_list: torch.tensor([len(text.split()) for text in texts]) > max_words
        => [len(text.split()) > max_words for text in texts]
        The answer is a list. generate combines it with those of the other criteria, which takes a bool tensor [B].
    answers_with_a_column: torch.tensor([len(text.split()) for text in texts])
        => torch.tensor([[len(text.split())] for text in texts])
        The answer has the shape [B, 1]. generate combines answers of shape [B]: one bool a row, without another axis.
    not_a_criterion: (StoppingCriteria) =>
        The class works but is no StoppingCriteria: type checks will refuse it. Write class MaxWords(StoppingCriteria).
    accepts_no_words (refuses nothing)
        A limit of 0 words cannot be kept, since generate always makes a token: raise a ValueError in __init__.
    refuses_one_word: class MaxWords
        => if max_words <= 1:
        =>         raise ValueError("too few words")
        =>     class MaxWords
        A limit of one word was refused. It can be kept: the row ends when a second word begins. Refuse limits below 1.
""")


@exercise.mistake(refuses=False)
def refuses_in_the_first_call(tokenizer, prompt_length, max_words):
    """The limit was looked at only when the object was called, and the model had run by then. Refuse it in __init__."""

    class Late(StoppingCriteria):
        def __call__(self, input_ids, scores, **kwargs):
            return reference(tokenizer, prompt_length, max_words)(input_ids, scores)

    return Late()


@exercise.mistake
def remembers_ended_rows(tokenizer, prompt_length, max_words):
    """The object remembers which rows have ended, so another run begins with ended rows. generate remembers that: keep
    nothing from call to call.
    """

    class Remembering(StoppingCriteria):
        done = None

        def __call__(self, input_ids, scores, **kwargs):
            now = reference(tokenizer, prompt_length, max_words)(input_ids, scores)
            self.done = now if self.done is None or self.done.shape != now.shape else self.done | now
            return self.done

    return Remembering()


@exercise.mistake
def takes_the_prompt_from_the_first_call(tokenizer, prompt_length, max_words):
    """What stood before the newest token of the first call was taken for the prompt. That call may bring several new
    tokens: use the argument prompt_length.
    """

    class FromTheFirstCall(StoppingCriteria):
        start = 10**9

        def __call__(self, input_ids, scores, **kwargs):
            self.start = min(self.start, input_ids.shape[1] - 1)
            return reference(tokenizer, self.start, max_words)(input_ids, scores)

    return FromTheFirstCall()


@exercise.mistake
def only_spaces_divide(tokenizer, prompt_length, max_words):
    """Only spaces were taken for borders of words, by split(" "), count(" "), or a counter of tokens that begin with
    one. A line break divides as well, and a step may bring several tokens: in each call, decode all new ids of a row
    and count text.split().
    """

    class Counting(StoppingCriteria):
        count = 0

        def __call__(self, input_ids, scores, **kwargs):
            newest = tokenizer.batch_decode(input_ids[:, -1:], skip_special_tokens=True)
            self.count = self.count + torch.tensor([int(piece.startswith(" ")) for piece in newest])
            return self.count > max_words

    return Counting()


@exercise.mistake
def counts_where_words_begin(tokenizer, prompt_length, max_words):
    """A counter in the object adds up the newest tokens that seem to begin a word. A word may also begin after a token
    that ends in white space, and a step may bring several tokens: decode all new ids of a row in each call, then count.
    """

    class Counting(StoppingCriteria):
        def __call__(self, input_ids, scores, **kwargs):
            first = input_ids.shape[1] == prompt_length + 1
            newest = tokenizer.batch_decode(input_ids[:, -1:], skip_special_tokens=True)
            begins = [bool(piece.strip()) and (first or piece[0].isspace()) for piece in newest]
            self.count = torch.tensor(begins).int() + (0 if first or not hasattr(self, "count") else self.count)
            return self.count > max_words

    return Counting()


@exercise.mistake
def adds_up_pieces(tokenizer, prompt_length, max_words):
    """A counter in the object adds up the words of each new token, so that each piece of a word counts as a word.
    Keep nothing from call to call: decode all new ids of a row together, then count."""

    class AddingUp(StoppingCriteria):
        count = 0

        def __call__(self, input_ids, scores, **kwargs):
            newest = tokenizer.batch_decode(input_ids[:, -1:], skip_special_tokens=True)
            self.count = self.count + torch.tensor([len(piece.split()) for piece in newest])
            return self.count > max_words

    return AddingUp()
