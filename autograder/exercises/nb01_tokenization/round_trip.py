"""``round_trip``: encode a text, look at its tokens, decode it again."""

import re

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import TOKENIZER
from autograder.exercises.nb01_tokenization._shared import sentence

exercise = Exercise(__name__, points=2)


@exercise.probes
def probes(rng):
    yield Probe("a sentence", tokenizer=TOKENIZER, text="Once upon a time, there was a little dog.")
    yield Probe("a space in front", tokenizer=TOKENIZER, text=" Hello")
    yield Probe("two spaces, and one at the end", tokenizer=TOKENIZER, text="one  two ")
    yield Probe("letters with accents and an emoji", tokenizer=TOKENIZER, text="café 🙂 naïve")
    yield Probe("a special token inside", tokenizer=TOKENIZER, text="The end.<|endoftext|>Once")
    yield Probe("line breaks and indentation", tokenizer=TOKENIZER, text="def f(x):\n    return x\n")
    yield Probe("no text at all", tokenizer=TOKENIZER, text="")
    yield Probe("words in random order", tokenizer=TOKENIZER, text=sentence(rng, 8))


@exercise.oracle
@exercise.reference
def reference(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    pieces = tokenizer.convert_ids_to_tokens(ids)
    return ids, pieces, encoded["offset_mapping"], tokenizer.decode(ids)


@exercise.mistake
def words_are_tokens(tokenizer, text):
    """The text was split into words at its spaces. Tokens are not words: call tokenizer(text), which cuts it."""
    words = list(re.finditer(r"\S+", text))
    pieces = [word.group() for word in words]
    return tokenizer.convert_tokens_to_ids(pieces), pieces, [word.span() for word in words], " ".join(pieces)


exercise.slips(r"""
    joins_with_spaces: tokenizer.decode(ids) => " ".join(tokenizer.decode([i]) for i in ids)
        The pieces were joined with spaces, but each brings its own (the mark Ġ): let tokenizer.decode join all the ids.
    strips_the_text: tokenizer(text => tokenizer(text.strip()
        Spaces at the ends of the text are gone. They are part of the text and change its tokens: leave out strip().
    strips_the_decoded_text: decode(ids) => decode(ids).strip()
        The ids are right, but the text that came back lost the spaces at its ends: return what decode gives.
    decodes_token_by_token: tokenizer.decode(ids) => "".join(tokenizer.decode([i]) for i in ids)
        Each token was decoded alone, but a part of a character decodes to a replacement character: decode all at once.
    skips_special_tokens: decode(ids) => decode(ids, skip_special_tokens=True)
        The special token in the text did not come back. skip_special_tokens=True removes it: a round trip keeps it.
    decoded_pieces: tokenizer.convert_ids_to_tokens(ids) => [tokenizer.decode([i]) for i in ids]
        The pieces are decoded text, not the vocabulary's entries (where a space is Ġ): use convert_ids_to_tokens.
    replaces_the_mark_by_a_space: tokenizer.decode(ids) => "".join(pieces).replace("Ġ", " ").replace("Ċ", "\n")
        Turning Ġ into a space works for plain English only: each byte has a stand-in character. Use tokenizer.decode.
""")


@exercise.alternative
def by_separate_methods(tokenizer, text):
    ids, offsets = tokenizer.encode(text), tokenizer.backend_tokenizer.encode(text).offsets
    return ids, tokenizer.tokenize(text), offsets, tokenizer.decode(ids)
