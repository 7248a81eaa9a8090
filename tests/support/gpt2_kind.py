"""A folder with a model of GPT-2's kind, made here: random weights, and a byte-level BPE of as many tokens."""

import json
from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel, GPT2Tokenizer

from genlab.models import STORYTELLER

VOCABULARY = 50_257
END = "<|endoftext|>"


def save(folder: Path, vocab_size: int = VOCABULARY, **sizes: int) -> None:
    """Write tokenizer and model to ``folder``; ``sizes`` are those of the configuration, without them GPT-2's own."""
    tokenizer(vocab_size).save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        end = vocab_size - 1
        config = GPT2Config(vocab_size=vocab_size, bos_token_id=end, eos_token_id=end, **sizes)
        GPT2LMHeadModel(config).save_pretrained(folder)


def tokenizer(vocab_size: int) -> GPT2Tokenizer:
    """The storyteller's merges, and behind them merges of two of its pieces, the more frequent ones first."""
    known = json.loads((STORYTELLER / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    pieces = [piece for piece in sorted(known["vocab"], key=known["vocab"].get) if piece != END]
    merges = [tuple(merge) for merge in known["merges"]]
    inner = [piece for piece in pieces if "Ġ" not in piece]  # a word has its space in front
    places = ((i, j) for i in range(len(pieces)) for j in range(min(len(inner), 60_000 // (i + 1))))
    vocabulary = dict.fromkeys(pieces)
    for i, j in sorted(places, key=lambda place: (place[0] + 1) * (place[1] + 1)):
        if len(vocabulary) == vocab_size - 1:
            break
        if pieces[i] + inner[j] not in vocabulary:
            vocabulary[pieces[i] + inner[j]] = None
            merges.append((pieces[i], inner[j]))
    ids = {piece: number for number, piece in enumerate([*vocabulary, END])}
    return GPT2Tokenizer(vocab=ids, merges=merges, model_max_length=1024)
