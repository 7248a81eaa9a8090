"""``stop_strings``: the new text of each row, up to the token with which a stop string is complete."""

from functools import partial

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import TOKENIZER
from autograder.exercises.nb04_stopping._shared import generate, recite, storyteller_tokenizer, words

exercise = Exercise(__name__, points=4)


@exercise.refuses
def refuses(tokenizer, ids, prompt_length, stops, trim):
    return "" if all(stops) else "an empty stop string would end every text before it begins"


@exercise.probes
def probes(rng):
    def batch(*texts):
        """The texts as rows, cut to the shortest."""
        rows = [storyteller_tokenizer().encode(text) for text in texts]
        return torch.tensor([row[: min(map(len, rows))] for row in rows])

    ann, bob, pet, other, mood = words(rng)
    rows = batch(
        f"{ann} had a {pet}. The {pet} was very {mood}. {ann} said hello to {bob}. They all went home to play.",
        f"{bob} had a {other}. He liked to play. One day he saw a big red ball in the park and a {pet} too.",
        f"{bob} saw the sun. It was warm. {bob} had a {pet}. The {pet} was {mood} and slept under a tree all day.",
    )
    smile = batch(
        f"{ann} was {mood}. 🙂 She went home to eat and then they all went to bed and slept all night.",
        f"{bob} said 🙁 and then he said 🙂 to {ann} and went home to play with a big red ball.",
    )
    lines = batch(
        f"{ann} had a {pet}.\n\nOne day it ran away. {ann} was sad and looked for it all day and all night.",
        f"{bob} had a {other}.\nIt was small.\n\nThey were friends and they liked to play in the park.",
    )
    probe = partial(Probe, tokenizer=TOKENIZER, ids=rows, prompt_length=2, stops=None, trim=False)
    yield probe("a stop string that is one whole token", prompt_length=3, stops=[f" {pet}"])
    yield probe("it lies across token borders", stops=[f"{pet}. The"])
    yield probe("it lies across token borders, trimmed", stops=[f"{pet}. The"], trim=True)
    yield probe("it ends in the middle of a token: the token stays whole", stops=[f"{pet}. T"])
    yield probe("it lies inside a token", stops=[" ha", "ed t"])
    yield probe("it ends in the middle of a token, trimmed", stops=[f"{pet}. T"], trim=True)
    yield probe("the prompt contains it: only new text counts", prompt_length=3, stops=[ann, bob])
    first = "several: the first to come in the text, not in the list"
    yield probe(first, prompt_length=3, stops=["play", ".", mood], trim=True)
    yield probe("it never comes", stops=["elephant"], trim=True)
    yield probe("an emoji of several tokens", ids=smile, stops=["🙂"])
    yield probe("an emoji of several tokens, trimmed", ids=smile, stops=["🙂"], trim=True)
    yield probe("an empty line", ids=lines, prompt_length=3, stops=["\n\n"])
    yield probe("an empty stop string is refused", stops=[""])


@exercise.oracle
def oracle(tokenizer, ids, prompt_length, stops, trim):
    texts = []
    for row in ids.tolist():
        prompt, room = torch.tensor([row[:prompt_length]]), len(row) - prompt_length
        out = generate(recite(row), prompt, max_new_tokens=room, stop_strings=stops, tokenizer=tokenizer)
        text = tokenizer.decode(out[0, prompt_length:])
        starts = [text.find(stop) for stop in stops if stop in text]
        texts.append(text[: min(starts, default=None)] if trim else text)
    return texts


@exercise.reference
def reference(tokenizer, ids, prompt_length, stops, trim):
    texts = []
    for row in ids.tolist():
        for end in range(prompt_length + 1, len(row) + 1):
            text = tokenizer.decode(row[prompt_length:end])
            starts = [text.find(stop) for stop in stops if stop in text]
            if starts:
                break
        texts.append(text[: min(starts, default=None)] if trim else text)
    return texts


@exercise.alternative
def in_the_whole_text(tokenizer, ids, prompt_length, stops, trim):
    """Find the end in the whole text, then decode beginnings until one reaches it."""
    texts = []
    for row in ids[:, prompt_length:].tolist():
        whole = tokenizer.decode(row)
        ends = [whole.find(stop) + len(stop) for stop in stops if stop in whole]
        beginnings = (tokenizer.decode(row[: n + 1]) for n in range(len(row)))
        text = next(text for text in beginnings if text.startswith(whole[: min(ends, default=None)]))
        texts.append(text[: min((text.find(stop) for stop in stops if stop in text), default=None)] if trim else text)
    return texts


exercise.slips("""
    compares_ids: if starts: => if any(row[prompt_length:end][-len(w) :] == w for w in map(tokenizer.encode, stops)):
        The stop string's ids were searched for. Inside a text it may be cut into other tokens: search the decoded text.
    last_token_only: if starts: => if any(stop in tokenizer.decode(row[end - 1 : end]) for stop in stops):
        Only the last token's text is searched. A stop string may span several tokens: decode all new ids of the row.
    ends_exactly: if starts: => if text.endswith(tuple(stops)):
        The text must end in the stop string (endswith). The token that completes it may carry further characters,
        then the end is never seen: ask whether the text contains it.
    searches_the_prompt: if starts: => if any(stop in tokenizer.decode(row[:end]) for stop in stops):
        The prompt is searched as well, so a row whose prompt has the stop string ends at once. Decode only the new ids.
    cuts_inside_the_token: if trim else text
        => if trim else text[: min((text.find(s) + len(s) for s in stops if s in text), default=None)]
        Without trim, the text was cut right after the stop string. Generation stops between tokens: the token that
        completes the stop string stays whole, with what it carries beyond.
    trim_keeps_the_stop_string: text.find(stop) => text.find(stop) + len(stop)
        With trim, the stop string itself has to go as well: the text ends where it begins.
    never_trims: if trim else => if False else
        trim=True changed nothing: then the text ends where the stop string begins.
    always_trims: if trim else => if True else
        trim=False means that the stop string stays in the text, as it does in the output of generate.
    joins_decoded_tokens: tokenizer.decode(row[prompt_length:end])
        => "".join(tokenizer.decode([token]) for token in row[prompt_length:end])
        Tokens are decoded one by one. Part of a character alone gives the replacement character: decode them together.
    first_in_the_list: [text.find(stop) for stop in stops if stop in text]
        => [text.find(stop) for stop in stops if stop in tokenizer.decode(row[prompt_length:])][:1]
        =>             starts = [start for start in starts if start >= 0]
        The first stop string in the list that occurs anywhere wins. The one that comes first in the text must end it.
    one_row_stops_all: if starts:
        => if any(stop in tokenizer.decode(other[prompt_length:end]) for stop in stops for other in ids):
        All rows were cut where the first of them ended. Each row ends by itself.
""")
