"""Where the course's models come from: the bundled storyteller, any other model, probe models."""

import copy
import importlib.metadata
import json
import os
import platform
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)
from transformers.modeling_outputs import CausalLMOutputWithPast
from transformers.utils import logging

STORYTELLER = Path(__file__).resolve().parent / "storyteller"


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Keep the loading bar off stderr, where nbgrader would take it for a failure."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


class ModelNotFound(OSError):
    """A model that was asked for is neither a folder here, nor in the cache, nor on the hub."""


def load_model(name: str | None = None) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """Load a tokenizer and a causal language model, in eval mode and fp32 on the CPU.

    ``name`` is ``"storyteller"`` (bundled, needs no network), a folder, or an id on the Hugging Face
    hub such as ``"gpt2"``. Without it, the environment variable ``GENLAB_MODEL`` decides, and without
    that, it is the storyteller. Each call gives fresh objects. Raises ``ModelNotFound`` with what to
    do when the model cannot be had.
    """
    with _no_progress_bar():
        tokenizer, model = _load(name or os.environ.get("GENLAB_MODEL") or "storyteller")
    model.loss_type = "ForCausalLM"  # the default; unless it is named, `labels=` makes the library warn on stderr
    return tokenizer, model


def _load(name: str) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    if name == "storyteller":
        tokenizer = PreTrainedTokenizerFast.from_pretrained(STORYTELLER)
        model = GPT2LMHeadModel.from_pretrained(STORYTELLER, dtype=torch.float32)
        return tokenizer, model.eval()

    from transformers import AutoModelForCausalLM, AutoTokenizer  # slow to import: only for other models

    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32)
    except (OSError, ValueError) as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelNotFound(
            f"The model {name!r} could not be loaded. It was looked for as a folder on this computer, in the "
            "download cache and on the Hugging Face hub.\n"
            "What to do: check the spelling; if the hub cannot be reached, use load_model() for the bundled "
            "storyteller (and unset the environment variable GENLAB_MODEL if it names this model).\n"
            f"What the loader said: {said}"
        ) from None
    return tokenizer, model.eval()


def model_name(model: PreTrainedModel) -> str:
    """What to call ``model``: ``storyteller`` for the bundled one, else the name that it was loaded by."""
    name = str(model.name_or_path)
    return "storyteller" if Path(name) == STORYTELLER else name or type(model).__name__


def environment(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> None:
    """Print versions and model: the first output of every notebook."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "transformers"))
    print(f"Python {platform.python_version()}, {versions}")
    size = f"{model.num_parameters():,} parameters, {len(tokenizer):,} tokens"
    print(f"model: {model_name(model)}, {size}, on {model.device.type}")


def probe_model(
    seed: int = 0,
    vocab_size: int = 31,
    n_positions: int = 32,
    n_embd: int = 16,
    n_layer: int = 2,
    n_head: int = 2,
    **config: Any,
) -> GPT2LMHeadModel:
    """A tiny GPT-2 with random weights that answers decisively, for checks.

    ``initializer_range=0.3`` makes its logits depend strongly on mask and positions, so that a wrong mask
    shows; the library's usual 0.02 hides such mistakes. eos and bos are the last id, there is no pad.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        settings = {"bos_token_id": vocab_size - 1, "eos_token_id": vocab_size - 1, "initializer_range": 0.3} | config
        model = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=vocab_size,
                n_positions=n_positions,
                n_embd=n_embd,
                n_layer=n_layer,
                n_head=n_head,
                **settings,
            )
        )
    return model.eval()


_probe_model = lru_cache(maxsize=64)(probe_model)


def patient_model(training: bool = False, repository: dict[str, Any] | None = None, **settings: Any) -> GPT2LMHeadModel:
    """A probe model of one layer, perhaps in training mode, perhaps with a repository's settings for ``generate``."""
    model = copy.deepcopy(_probe_model(n_layer=1, **settings))
    for name, value in (repository or {}).items():
        setattr(model.generation_config, name, value)
    return model.train(training)


class ScriptedModel(GPT2LMHeadModel):
    """A model that recites: a row that is the beginning of a line goes on with it, any other row says ``otherwise``.

    What it will say is known, so that stopping can be studied and checked apart from the choice of tokens. It works
    in ``generate`` and in a loop that feeds whole rows (it has no cache): ``lines`` are lists of ids, prompts included.
    """

    def __init__(
        self,
        lines: list[list[int]],
        vocab_size: int,
        n_positions: int = 256,
        eos_token_id: int | None = None,
        otherwise: int = 0,
    ) -> None:
        special = {"bos_token_id": eos_token_id, "eos_token_id": eos_token_id}
        super().__init__(
            GPT2Config(vocab_size=vocab_size, n_positions=n_positions, n_embd=2, n_layer=1, n_head=1, **special)
        )
        self.generation_config.use_cache = False
        self._lines, self._otherwise = lines, otherwise
        self.eval()

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None, **_: Any
    ) -> CausalLMOutputWithPast:
        """Logits [B, T, V]: 10 for the one token that comes next, 0 for the others."""
        logits = torch.zeros(*input_ids.shape, self.config.vocab_size)
        for row, scores in zip(input_ids.tolist(), logits, strict=True):
            for position in range(len(row)):
                scores[position, self._next(row[: position + 1])] = 10.0
        return CausalLMOutputWithPast(logits=logits)

    def _next(self, said: list[int]) -> int:
        rest = (line[len(said) :] for line in self._lines if line[: len(said)] == said)
        return next((tokens[0] for tokens in rest if tokens), self._otherwise)


def reciting(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    prompt_length: int = 2,
    eos_token_id: int | None = None,
    otherwise: int = 0,
) -> tuple[ScriptedModel, dict[str, torch.Tensor]]:
    """A model that recites ``texts``, one a row, and their first tokens as prompts: ids and mask for ``generate``.

    With ``eos_token_id``, each text ends in it, and it is the model's end token. ``otherwise``: see ``ScriptedModel``.
    """
    end = [] if eos_token_id is None else [eos_token_id]
    lines = [tokenizer.encode(text) + end for text in texts]
    ids = torch.tensor([line[:prompt_length] for line in lines])
    model = ScriptedModel(lines, len(tokenizer), eos_token_id=eos_token_id, otherwise=otherwise)
    return model, {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def rotary_model(seed: int = 0, vocab_size: int = 31, **config: Any) -> PreTrainedModel:
    """A tiny Llama with random weights that answers decisively: rotary positions, two query heads to each key head."""
    from transformers import LlamaConfig, LlamaForCausalLM  # slow to import: only for who asks

    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    others = {"num_key_value_heads": 2, "max_position_embeddings": 64, "initializer_range": 0.3}
    special = {"bos_token_id": vocab_size - 1, "eos_token_id": vocab_size - 1, "pad_token_id": None}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(LlamaConfig(vocab_size=vocab_size, **sizes | others | special | config))
    return model.eval()


_rotary_model = lru_cache(maxsize=64)(rotary_model)


def model_config(model_type: str, **settings: Any) -> PreTrainedConfig:
    """The configuration of a model of this type, as its ``config.json`` would give it."""
    return AutoConfig.for_model(model_type, **settings)


class AskedTooOften(BaseException):
    """A model has run out of memory so often that nobody can be waiting for anything else."""


class LimitedModel(GPT2LMHeadModel):
    """A model with little memory: a pass needs room for each token of each row, cached ones too, and else it raises.

    The error is PyTorch's own, of an allocation that cannot be had. ``room``: in tokens, over all rows. ``keeps``: the
    room of a failed pass is free again only when nothing refers to that pass any more, as on a real device: an
    exception that is kept, with its traceback, keeps it taken. ``cuda``: the error is the one that CUDA raises.
    """

    def __init__(self, config: GPT2Config, room: int = 0, keeps: bool = True, cuda: bool = False) -> None:
        super().__init__(config)
        self.room, self.keeps, self.cuda, self.patience = room, keeps, cuda, 60
        self._taken: list[weakref.ref] = []

    def forward(self, input_ids: torch.Tensor, past_key_values: Any = None, **more: Any) -> Any:
        """The pass of a GPT-2, if there is room for it."""
        cached = past_key_values.get_seq_length() if past_key_values is not None else 0
        workspace = torch.empty(len(input_ids) * (cached + input_ids.shape[1]), dtype=torch.uint8)
        kept = [each for each in self._taken if each() is not None] if self.keeps else []
        self._taken = [*kept, weakref.ref(workspace)]
        if sum(each().numel() for each in self._taken) > self.room:
            self.patience -= 1
            if self.patience < 0:
                raise AskedTooOften("the model was asked again and again for what does not fit")
            if self.cuda:
                raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {workspace.numel()} bytes.")
            torch.empty(2**60, dtype=torch.uint8)  # more than any computer has: raises
        return super().forward(input_ids, past_key_values, **more)


def limited_model(
    seed: int = 0, room: int = 100, error: str = "", keeps: bool = True, cuda: bool = False, **config: Any
) -> LimitedModel:
    """A probe model with ``room`` for so many tokens; with ``error``, every pass raises a RuntimeError that says it."""
    probe = _probe_model(seed, **config)
    model = LimitedModel(probe.config, room, keeps, cuda)
    model.load_state_dict(probe.state_dict())
    model.generation_config = copy.deepcopy(probe.generation_config)
    if error:

        def fail(*_: Any) -> None:
            raise RuntimeError(error)

        model.register_forward_pre_hook(fail)
    return model.eval()


@lru_cache(maxsize=1)
def _storyteller() -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    return load_model("storyteller")


def other_tokenizer(template: str | None = None, adds_bos: bool = False, **tokens: Any) -> PreTrainedTokenizerFast:
    """The storyteller's tokenizer made into another: with special tokens, perhaps with a chat template.

    ``tokens`` are given to ``add_special_tokens``; ``adds_bos``: each text is given the bos token.
    """
    tokenizer = PreTrainedTokenizerFast.from_pretrained(STORYTELLER)
    tokenizer.add_special_tokens(tokens)
    tokenizer.chat_template = template
    tokenizer.add_bos_token = adds_bos
    return tokenizer


@lru_cache(maxsize=64)
def _other_tokenizer(settings: str) -> PreTrainedTokenizerFast:
    return other_tokenizer(**json.loads(settings))


def repository_model(
    rotary: bool = False, repository: dict[str, Any] | None = None, **settings: Any
) -> PreTrainedModel:
    """A probe model, GPT-2 or Llama, perhaps with a repository's settings for ``generate``."""
    model = copy.deepcopy((_rotary_model if rotary else _probe_model)(**settings))
    for name, value in (repository or {}).items():
        setattr(model.generation_config, name, value)
    return model


@lru_cache(maxsize=1)
def letter_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer of 31 pieces, one to three letters long, and an end token: stop strings lie across its borders."""
    from tokenizers import Tokenizer, decoders, models  # slow to import: only for who asks

    pieces = [*"abcdef", " ", ".", *(a + b for a in "abcd" for b in "aef "), *("abc", "bad", "fed", "dab", ". a", "e.")]
    tokenizer = Tokenizer(models.BPE(vocab={piece: i for i, piece in enumerate([*pieces, "<end>"])}, merges=[]))
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", clean_up_tokenization_spaces=False)


def merge_ranks(tokenizer: PreTrainedTokenizerFast) -> dict[tuple[str, str], int]:
    """The merges of a byte-pair-encoding tokenizer with their ranks, as they stand in its file."""
    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"].get("merges", [])
    return {tuple(pair): rank for rank, pair in enumerate(merges)}


# What a probe may ask for by name (see genlab.judging.values.Resource); shared, so whoever gives one away copies it.
RESOURCES: dict[str, Callable[..., Any]] = {
    "tokenizer": lambda **settings: _other_tokenizer(json.dumps(settings)) if settings else _storyteller()[0],
    "ranks": lambda: merge_ranks(_storyteller()[0]),
    "model": lambda: _storyteller()[1],
    "probe_model": _probe_model,
    "patient_model": patient_model,
    "scripted_model": ScriptedModel,
    "limited_model": limited_model,
    "rotary_model": _rotary_model,
    "config": model_config,
    "repository_model": repository_model,
    "letter_tokenizer": letter_tokenizer,
}
