"""What a model reads and says: text to logits for a widget, a token id to a label."""

import functools
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.font_manager import findfont, get_font
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from genlab.plots.tokens import BYTES

FONT = "DejaVu Sans"


@dataclass(frozen=True)
class Reading:
    """One forward pass: ``ids`` of T tokens, ``logits`` ``[T, V]`` fp32 on the CPU, and a remark on what was read."""

    ids: list[int]
    logits: torch.Tensor
    remark: str = ""


def context_length(model: PreTrainedModel) -> int | None:
    """How many positions the model has, if its configuration says so."""
    return getattr(model.config, "max_position_embeddings", None)


def encode(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[list[int], str]:
    """Ids of ``text``, at least one, and a remark. Raises ValueError if the text is empty and there is no bos token."""
    ids = list(tokenizer(text, verbose=False)["input_ids"])
    if ids:
        return ids, ""
    if tokenizer.bos_token_id is None:
        raise ValueError("It is empty, and this model has no token that begins a text.")
    return [tokenizer.bos_token_id], f"No text: the model starts from {tokenizer.bos_token} alone."


@torch.no_grad()
def forward(model: PreTrainedModel, ids: list[int]) -> torch.Tensor:
    """Logits ``[T, V]`` for one unpadded row, fp32 on the CPU. T is at most the model's context."""
    return model(torch.tensor([ids], device=model.device)).logits[0].float().cpu()


def read(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, text: str) -> Reading:
    """Read ``text`` in one forward pass; of a text longer than the context, its end. Raises as ``encode``."""
    ids, remark = encode(tokenizer, text)
    limit = context_length(model)
    if limit is not None and len(ids) > limit:
        remark = f"{len(ids):,} tokens are more than the model's {limit:,} positions: it reads the last {limit:,}."
        ids = ids[-limit:]
    return Reading(ids, forward(model, ids), remark)


def top(probabilities: np.ndarray, k: int) -> np.ndarray:
    """Ids of the k largest of ``[V]``, largest first, equal ones by id; all V if there are fewer than k."""
    k = min(k, len(probabilities))
    candidates = np.argpartition(-probabilities, k - 1)[:k]
    return candidates[np.lexsort((candidates, -probabilities[candidates]))]


@functools.cache
def drawn_characters() -> frozenset[int]:
    """Code points for which the font of the figures has a glyph."""
    return frozenset(get_font(findfont(FONT)).get_charmap())


def readable(data: bytes) -> str:
    """Bytes as one line: spaces and line breaks as marks, pieces of characters and invisible ones as codes."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:  # a piece of a character
        return " ".join(f"{byte:02X}" for byte in data)
    marks = {" ": "\N{OPEN BOX}", "\n": "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "\t": "\N{RIGHTWARDS ARROW}"}
    return "".join(marks.get(c) or (c if c.isprintable() else f"U+{ord(c):04X}") for c in text)


def drawable(text: str) -> str:
    """``text`` for a figure: what the font has no glyph for becomes a code, for a browser has more fonts than this."""
    return "".join(c if ord(c) in drawn_characters() else f"U+{ord(c):04X}" for c in text)


class Pieces:
    """What each id of a tokenizer stands for; answers are remembered."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase):
        backend = getattr(tokenizer, "backend_tokenizer", None)
        self.byte_level = backend is not None and type(backend.decoder).__name__ == "ByteLevel"
        self.tokenizer, self.special = tokenizer, set(tokenizer.all_special_ids)
        self._labels: dict[int, str] = {}

    def bytes_of(self, token: str) -> bytes:
        """The bytes that a token (as the vocabulary spells it) adds to the text."""
        if self.byte_level and all(c in BYTES for c in token):
            return bytes(BYTES[c] for c in token)
        return self.tokenizer.convert_tokens_to_string([token]).encode("utf-8", "replace")

    def bytes(self, token_id: int) -> bytes:
        """The bytes of an id; none for an id that the tokenizer does not know (some models have spare ones)."""
        token = self.tokenizer.convert_ids_to_tokens(int(token_id)) if token_id < len(self.tokenizer) else None
        if token is None:
            return b""
        return token.encode() if token_id in self.special else self.bytes_of(token)

    def label(self, token_id: int) -> str:
        """One line for a figure, a button or a list."""
        if token_id not in self._labels:
            self._labels[token_id] = readable(self.bytes(token_id)) or f"(id {token_id})"
        return self._labels[token_id]
