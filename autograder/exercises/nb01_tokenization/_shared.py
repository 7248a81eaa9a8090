"""What the exercises of this notebook share: texts whose tokens are known to be of the wanted kind."""

import random
import re
from collections.abc import Callable
from itertools import pairwise

from genlab.models import RESOURCES

EOS = "<|endoftext|>"
COMMON = "and the dog ran home she was so happy gave him big red ball cat tree played little park garden jumped friend"
RARE = "purple elephant computer science quickly whispered yellow umbrella mountain birthday unbelievable 2024 don't 37"
WORDS = [*COMMON.split(), *RARE.split()]
ACCENTS = [" café", " naïve", " über", " señor", " garçon", " crème", " Øre", " fête"]
EMOJI = ["🙂", "🎉", "🌍", "🚀", "🍎", "🐶", "🔥", "🎈"]
SCRIPTS = ["日", "本", "語", "한", "ع", "Ω", "Ж", "ש", "ह"]


def words(rng: random.Random, form: str, change: Callable[[str], str] = str) -> str:
    """``form`` with a word for each ``{}``, then changed: a text in which no token occurs twice.

    Nor does a token's text occur anywhere before the token, as part of others. Raises ValueError if the form rules it
    out.
    """
    for _ in range(1000):
        text = change(form.format(*rng.sample(WORDS, form.count("{}"))))
        if unrepeated(text):
            return text
    raise ValueError(f"in {form!r} some token always occurs twice")


def unrepeated(text: str) -> bool:
    """Whether each token's text is found first where the token lies, and no id occurs twice."""
    encoded = RESOURCES["tokenizer"]()(text, return_offsets_mapping=True)
    ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
    return len(set(ids)) == len(ids) and all(text.index(text[start:end]) == start for start, end in offsets)


def strange(rng: random.Random, *characters: list[str]) -> str:
    """A plain word, one of each list of ``characters``, a plain word; see ``words``."""
    while True:  # most are
        text = "".join([words(rng, "{}"), *map(rng.choice, characters), words(rng, " {}")])
        if unrepeated(text):
            return text


def one_token_words(rng: random.Random, count: int, apart: bool = False) -> str:
    """A text of exactly ``count`` tokens, all different: each a lower-case word with its space.

    ``apart``: no word begins with another; there are fewer of these.
    """
    pieces = [piece for piece in sorted(RESOURCES["tokenizer"]().get_vocab()) if piece.startswith("Ġ")]
    plain = [piece for piece in pieces if len(piece) > 4 and re.fullmatch("[a-z]+", piece[1:])]
    if apart:
        plain = [piece for piece, following in pairwise([*plain, ""]) if not following.startswith(piece)]
    return "".join(rng.sample(plain, count)).replace("Ġ", " ")
