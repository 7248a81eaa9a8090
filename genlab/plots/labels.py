"""How a token is written for people: on one line, with every space visible, in pictures, words and controls alike.

``readable`` is for words and controls: a browser has a font for every character. A figure has one font: what it lacks
is ``drawable`` only as a code. ``visible`` is both.
"""

import functools
from collections.abc import Sequence

from matplotlib.font_manager import findfont, get_font
from transformers import PreTrainedTokenizerBase

from genlab.plots.style import FONT

SPACE = "\N{OPEN BOX}"
MARKS = {"\n": "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "\t": "\N{RIGHTWARDS ARROW}"}


def byte_of_character() -> dict[str, int]:
    """The character that stands for each byte in a byte-level vocabulary, as GPT-2 chose it.

    A byte that is a visible character of Latin-1 stands for itself; the others take the characters from U+0100 on.
    """
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + n): byte for n, byte in enumerate(others)}


BYTES = byte_of_character()


def readable(text: str, space: str = SPACE) -> str:
    """``text`` on one line: line breaks and tabs as marks, spaces as ``space``, invisible characters as codes."""
    marks = MARKS | {" ": space}
    return "".join(marks.get(char) or (char if char.isprintable() else _code(char)) for char in text)


def drawable(text: str) -> str:
    """``text`` for a figure: characters that its font lacks as codes."""
    return "".join(char if ord(char) in _glyphs() else _code(char) for char in text)


def visible(text: str, space: str = SPACE) -> str:
    """``text`` for a figure, on one line: ``readable`` and ``drawable``."""
    return drawable(readable(text, space))


def spelled(data: bytes) -> str:
    """``data`` as readable text, or its bytes in hexadecimal where they are only a part of a character."""
    try:
        return readable(data.decode("utf-8"))
    except UnicodeDecodeError:
        return data.hex(" ").upper()


def label(piece: str) -> str:
    """An entry of a byte-level vocabulary as text: "␣time" for "Ġtime", "C3" for "Ã", a part of a character."""
    if all(character in BYTES for character in piece):
        return spelled(bytes(BYTES[character] for character in piece))
    return readable(piece)


def wrap(widths: Sequence[float], columns: float, gap: float = 0) -> list[list[tuple[int, float]]]:
    """Break a row of things into lines no wider than ``columns``: for each line ``(index, where it begins)``.

    ``gap`` is left free after each. A thing wider than a line gets a line of its own.
    """
    lines: list[list[tuple[int, float]]] = [[]]
    x = 0.0
    for index, width in enumerate(widths):
        if lines[-1] and x + width > columns:
            lines.append([])
            x = 0.0
        lines[-1].append((index, x))
        x += width + gap
    return lines


class Pieces:
    """What each id of a tokenizer stands for: its bytes and its label. Labels are remembered."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase):
        backend = getattr(tokenizer, "backend_tokenizer", None)
        self.byte_level = backend is not None and type(backend.decoder).__name__ == "ByteLevel"
        self.tokenizer, self.special = tokenizer, set(tokenizer.all_special_ids)
        self._labels: dict[int, str] = {}

    def bytes_of(self, piece: str) -> bytes:
        """The bytes that ``piece``, an entry of the vocabulary, adds to a text."""
        if self.byte_level and all(character in BYTES for character in piece):
            return bytes(BYTES[character] for character in piece)
        return self.tokenizer.convert_tokens_to_string([piece]).encode("utf-8", "replace")

    def bytes(self, token_id: int) -> bytes:
        """The bytes of an id; none for an id that the tokenizer does not know (some models have spare ones)."""
        piece = self.tokenizer.convert_ids_to_tokens(int(token_id)) if token_id < len(self.tokenizer) else None
        if piece is None:
            return b""
        return piece.encode("utf-8") if token_id in self.special else self.bytes_of(piece)

    def label(self, token_id: int) -> str:
        """An id on one line, for a figure, a button or a list."""
        if token_id not in self._labels:
            self._labels[token_id] = spelled(self.bytes(token_id)) or f"(id {token_id})"
        return self._labels[token_id]


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


@functools.cache
def _glyphs() -> frozenset[int]:
    """Code points for which the font of the figures has a glyph."""
    return frozenset(get_font(findfont(FONT)).get_charmap())
