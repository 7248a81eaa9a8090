"""``new_text``: decode what ``generate`` added to the prompts."""

from functools import partial

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import TOKENIZER
from autograder.exercises.nb01_tokenization._shared import sentence
from genlab.models import RESOURCES

exercise = Exercise(__name__, points=3)


@exercise.probes
def probes(rng):
    tokenizer = RESOURCES["tokenizer"]()
    ids, eos = tokenizer.encode, [tokenizer.eos_token_id]

    def probe(name, rows, skip):
        """Rows of prompt and new ids, as ``generate`` returns them: prompts padded left, what is new filled right."""
        width, room = (max(map(len, column)) for column in zip(*rows, strict=True))
        output = [eos * (width - len(old)) + old + new + eos * (room - len(new)) for old, new in rows]
        args = {"output_ids": torch.tensor(output), "prompt_length": width, "skip_special_tokens": skip}
        return Probe(name, tokenizer=TOKENIZER, **args)

    story = ids("Once upon a time"), ids(", there was a little dog.<|endoftext|>")
    other = ids("Lily and Ben found a big red ball in the park"), ids(" and played.<|endoftext|>")
    yield probe("one prompt, without special tokens", [story], True)
    yield probe("one prompt, with special tokens", [story], False)
    yield probe("a left-padded batch, without special tokens", [story, other], True)
    yield probe("a left-padded batch, with special tokens", [other, story], False)
    yield probe("a special token inside the prompt", [(ids("The end.<|endoftext|>Once"), ids(" upon a time"))], True)
    yield probe("the new text repeats the prompt", [(ids("the dog"), ids(" and the dog and the dog"))], True)
    yield probe("a second story after the first", [(ids("the end"), ids(" of it.<|endoftext|>Once upon a time"))], True)
    yield probe("nothing new", [(ids("Once upon a time"), [])], True)
    emoji, end = ids("She smiled 🙂 and ran."), len(ids("She smiled 🙂")) - 2
    yield probe("an earlier call stopped inside an emoji", [(emoji[:end], emoji[end:])], True)
    rows = [(ids(sentence(rng, rng.randrange(1, 7))), ids(" " + sentence(rng, rng.randrange(1, 6)))) for _ in range(3)]
    yield probe("three rows in random order", rows, rng.random() < 0.5)


@exercise.oracle
@exercise.reference
def reference(tokenizer, output_ids, prompt_length, skip_special_tokens):
    decode = partial(tokenizer.decode, skip_special_tokens=skip_special_tokens)
    return [decode(row[prompt_length:]) for row in output_ids.tolist()]


exercise.slips("""
    slices_the_string: decode(row[prompt_length:]) => decode(row)[len(tokenizer.decode(row[:prompt_length])) :]
        The decoded text was cut by the length of the decoded prompt. Texts do not line up as ids do: special tokens
        appear in only one of them, and a character can begin in the prompt and end after it. Cut the ids, then decode.
    slices_the_string_decoded_alike: decode(row[prompt_length:]) => decode(row)[len(decode(row[:prompt_length])) :]
        The decoded text was cut by the length of the decoded prompt. That works until a character begins in the prompt
        and ends after it, as it does after a call that stopped inside an emoji. Cut the ids, then decode.
    replaces_the_prompt: decode(row[prompt_length:]) => decode(row).replace(decode(row[:prompt_length]), "")
        replace() removed the prompt, and also what the model repeats of it. Cut the ids, then decode.
    slices_by_each_rows_own_length: prompt_length: => sum(i != tokenizer.eos_token_id for i in row[:prompt_length]) :
        Each row was cut at its number of real tokens. Left padding counts, too: all prompts end at prompt_length.
    keeps_the_prompt: row[prompt_length:] => row
        The prompt is still there. What generate returns begins with its ids: drop the first prompt_length columns.
    always_skips: =skip_special_tokens => =True
        Special tokens are missing where they were asked for: pass the argument skip_special_tokens on to the decoder.
    never_skips: =skip_special_tokens => =False
        Special tokens are shown where not wanted: pass skip_special_tokens on to the decoder, whose default is False.
    first_row_only: in output_ids => in output_ids[:1]
        Only the first row was decoded. A batch has one text a row, and the result is a list of all of them.
    strips_the_new_text: decode(row[prompt_length:]) => decode(row[prompt_length:]).strip()
        The new text lost the space that its first word begins with, and no longer fits the prompt: leave out strip().
    ends_at_the_first_eos: decode(row[prompt_length:])
        => tokenizer.decode(row[prompt_length:]).split(tokenizer.eos_token)[0]
        Rows were cut at end-of-text even where special tokens are wanted. The argument decides: decode all the new ids.
""")


@exercise.alternative
def special_tokens_removed_by_hand(tokenizer, output_ids, prompt_length, skip_special_tokens):
    hidden = tokenizer.all_special_ids if skip_special_tokens else []
    rows = output_ids[:, prompt_length:].tolist()
    return tokenizer.batch_decode([[i for i in row if i not in hidden] for row in rows])
