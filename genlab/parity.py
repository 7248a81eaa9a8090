"""A reader's ``generate`` beside the library's: settings by chance and by design, and the first thing that differs."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from genlab.judging.rebuilt import library, live_rows, other_form
from genlab.library_messages import listening
from genlab.models import letter_tokenizer, repository_model

SIZE = 31
Generate = Callable[..., dict[str, torch.Tensor]]


@dataclass(frozen=True)
class Case:
    """One call: a probe model's settings, a batch, the call's settings, and the seed set right before it."""

    model: dict[str, Any]
    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    settings: dict[str, Any]
    seed: int = 0

    def ask(self, function: Generate) -> dict[str, torch.Tensor]:
        """What ``function`` gives for this call. Raises what it raises."""
        settings = dict(self.settings)
        if settings.get("stop_strings"):
            settings["tokenizer"] = letter_tokenizer()
        torch.manual_seed(self.seed)
        with listening():
            return function(
                repository_model(**self.model), self.input_ids.clone(), self.attention_mask.clone(), **settings
            )

    def live(self, sequences: torch.Tensor) -> torch.Tensor:
        """Which rows of ``sequences`` had not ended before each new token: bool [n, B]."""
        settings = self.settings | {"tokenizer": letter_tokenizer()}
        return live_rows(sequences, self.input_ids.shape[1], repository_model(**self.model), settings)

    def changed(self, **settings: Any) -> "Case":
        """The same call with other settings."""
        return Case(self.model, self.input_ids, self.attention_mask, self.settings | settings, self.seed)


@dataclass(frozen=True)
class Difference:
    """The first thing that differs: at which new token (from 0; None before any), in which row, and in words."""

    step: int | None
    row: int | None
    words: str = field(compare=False)
    of: str = field(default="scores", compare=False)  # or "form", "tokens", "length", "error"


def first_difference(function: Generate, case: Case) -> Difference | None:
    """Where ``function`` first gives something else than ``model.generate`` for ``case``; None where it is equal."""
    theirs = case.ask(library)
    try:
        mine = case.ask(function)
    except Exception as error:
        return Difference(None, None, f"{type(error).__name__}: {error}", "error")
    return compare(case, mine, theirs)


def compare(case: Case, mine: Any, theirs: dict[str, torch.Tensor]) -> Difference | None:
    """Where ``mine``, the result of some function for ``case``, first differs from that of the library."""
    start, alive = case.input_ids.shape[1], case.live(theirs["sequences"])
    if form := _other_form(mine, case, theirs["scores"].shape[-1]):
        return Difference(None, None, form, "form")
    ids, scores = mine["sequences"], mine["scores"]
    for step, (want, rows) in enumerate(zip(theirs["scores"], alive, strict=True)):
        if step >= len(scores):
            return Difference(step, None, f"your run is over after {step} new tokens, the library's goes on", "length")
        for row in rows.nonzero().flatten().tolist():
            if words := _scores_differ(scores[step, row], want[row]):
                return Difference(step, row, words)
        token, right = ids[:, start + step], theirs["sequences"][:, start + step]
        for row in (token != right).nonzero().flatten().tolist():
            why = "from the same scores" if rows[row] else "in a row that has ended"
            return Difference(step, row, f"{why} you take token {token[row]}, the library {right[row]}", "tokens")
    if ids.shape != theirs["sequences"].shape:
        extra = ids.shape[1] - theirs["sequences"].shape[1]
        more = f"{extra} more token{'s' * (extra > 1)}"
        return Difference(len(alive), None, f"the library's run is over, yours has {more}", "length")
    return None


def _other_form(mine: Any, case: Case, vocabulary: int) -> str:
    """In which form ``mine`` came, if it is not the one asked for."""
    if not isinstance(mine, dict):
        return f"the result is no dictionary but {mine!r:.60}" if mine is not None else "nothing came back: None"
    if form := other_form(mine, case.input_ids.shape[1], vocabulary):
        return form
    rows, width = case.input_ids.shape
    ids = mine["sequences"]
    if len(ids) != rows or not torch.equal(ids[:, :width], case.input_ids):
        return f"sequences {list(ids.shape)} do not begin with the prompts {list(case.input_ids.shape)}"
    return ""


def _scores_differ(mine: torch.Tensor, theirs: torch.Tensor) -> str:
    """How the scores [V] of one row differ, in words; an empty text where they do not."""
    left, right = mine.isfinite(), theirs.isfinite()
    if not torch.equal(left, right):
        return f"you leave {int(left.sum())} tokens to choose from, the library {int(right.sum())}"
    apart = torch.where(left, (mine - theirs).abs(), 0.0)
    if apart.max() > 1e-4 * (1 + theirs[right].abs().max()):
        token = int(apart.argmax())
        return f"the score of token {token} is {mine[token]:.3f}, the library's {theirs[token]:.3f}"
    return ""


# Settings by chance

CHOICES: dict[str, list[Any]] = {
    "temperature": [0.3, 0.7, 1.5, 3.0, None],
    "top_k": [0, 1, 3, 8, 40, None],
    "top_p": [0.2, 0.5, 0.9, 1.0, None],
    "min_p": [0.05, 0.3, 0.0, None],
    "repetition_penalty": [0.6, 1.3, 2.5],
    "use_cache": [False],
    "min_new_tokens": [1, 2, 4],
    "stop_strings": [["ab", "e."], "da", ["fa", "b", " c"], ["abca"]],
}
REPOSITORY = {
    "do_sample": True, "temperature": 0.6, "top_k": 5, "top_p": 0.8, "eos_token_id": [3, 7], "repetition_penalty": 1.2,
}  # fmt: skip


def random_case(rng: random.Random) -> Case:
    """A call by chance: GPT-2 or Llama, padded or not, cached or not, with settings from everywhere."""
    settings: dict[str, Any] = {"max_new_tokens": rng.randrange(1, 9), "do_sample": rng.random() < 0.7}
    settings |= {name: rng.choice(values) for name, values in CHOICES.items() if rng.random() < 0.4}
    if rng.random() < 0.6:
        settings["eos_token_id"] = rng.choice([None, rng.randrange(SIZE), [rng.randrange(SIZE), rng.randrange(SIZE)]])
    if rng.random() < 0.5:
        settings["pad_token_id"] = rng.randrange(SIZE)
    repository = {name: value for name, value in REPOSITORY.items() if rng.random() < 0.25}
    model = {"rotary": rng.random() < 0.5, "repository": repository, "seed": rng.randrange(8)}
    rows, width = rng.randrange(1, 4), rng.randrange(1, 7)
    ids = torch.tensor([[rng.randrange(SIZE) for _ in range(width)] for _ in range(rows)])
    mask, pad = torch.ones_like(ids), rng.randrange(SIZE)
    for row in range(rows):
        left = rng.randrange(width) if rng.random() < 0.5 else 0
        mask[row, :left], ids[row, :left] = 0, pad
    return Case(model, ids, mask, settings, rng.randrange(1000))


# Settings by design: where rebuilt loops go wrong


def directed_cases() -> dict[str, Case]:
    """The calls that chance seldom makes, by name, each for GPT-2 and for Llama."""
    cases = {}
    for rotary, kind in ((False, "GPT-2"), (True, "Llama")):
        for name in DIRECTED:
            cases[f"{name}, {kind}"] = designed(name, rotary)
    return cases


def designed(name: str, rotary: bool, first: int = 0) -> Case:
    """The first of the calls of that design, from the seed ``first`` on."""
    return next(case for case in map(DESIGNS[name], bases(rotary, first)) if case is not None)


def bases(rotary: bool, first: int = 0) -> Iterator[Case]:
    """Greedy calls of two rows, the first one padded, without an end token: one for each seed from ``first`` on."""
    for seed in range(first, first + 500):
        rng = random.Random(seed)
        ids = torch.tensor([[rng.randrange(1, SIZE - 1) for _ in range(5)] for _ in range(2)])
        mask = torch.tensor([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]])
        model = {"rotary": rotary, "seed": seed % 40, "eos_token_id": None, "tie_word_embeddings": rotary}
        settings = {"max_new_tokens": 6, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
        yield Case(model, ids * mask, mask, settings, seed)


def _said(case: Case) -> list[list[int]]:
    return case.ask(library)["sequences"][:, 5:].tolist()


def _first_in_the_last_step(case: Case) -> Case | None:
    first, second = _said(case)
    fits = first[-1] not in first[:-1] and first[-1] in second[:3]
    return case.changed(eos_token_id=first[-1]) if fits else None


def _minimum(case: Case) -> Case | None:
    first, second = _said(case)
    return case.changed(eos_token_id=first[1], min_new_tokens=4) if first[1] not in (first[0], *second[:4]) else None


def _list_of_ends(case: Case) -> Case | None:
    first, second = _said(case)
    ends = [first[2], second[1]]
    return case.changed(eos_token_id=ends) if ends[0] not in second + first[:2] and ends[1] not in first else None


def _pad_is_the_end_and_in_the_prompt(case: Case) -> Case | None:
    end = int(case.input_ids[1, 2])
    ids = torch.where(case.attention_mask == 1, case.input_ids, end)
    case = Case(case.model, ids, case.attention_mask, case.settings | {"pad_token_id": end}, case.seed)
    return case.changed(eos_token_id=end) if 0 < sum(end in row[:-1] for row in _said(case)) < 2 else None


def _penalty_and_pads(case: Case) -> Case | None:
    pad = _said(case)[0][0]
    ids = torch.where(case.attention_mask == 1, case.input_ids, pad)
    if pad in case.input_ids[0, 2:]:
        return None
    settings = case.settings | {"repetition_penalty": 3.0, "pad_token_id": pad}
    return Case(case.model, ids, case.attention_mask, settings, case.seed)


def _stop_string_begun_in_the_prompt(case: Case) -> Case | None:
    tokenizer, (said, _) = letter_tokenizer(), _said(case)
    stop = tokenizer.decode(case.input_ids[0, -1:])[-1] + tokenizer.decode(said[:1])[0]
    if stop in tokenizer.decode(case.input_ids[0, 2:]) or stop in tokenizer.decode(case.input_ids[1]):
        return None
    return case.changed(stop_strings=[stop], eos_token_id=SIZE - 1)


def _stop_string_without_ends(case: Case) -> Case | None:
    stops = _stop_string_begun_in_the_prompt(case)
    return stops.changed(eos_token_id=None) if stops else None


def _stop_string_in_the_prompt(case: Case) -> Case | None:
    tokenizer, rows = letter_tokenizer(), case.ask(library)["sequences"]
    stop = tokenizer.decode(case.input_ids[1, -2:])
    again = any(stop in tokenizer.decode(row[4:]) for row in rows)
    return None if again else case.changed(stop_strings=[stop], eos_token_id=SIZE - 1)


def _none_in_the_call(case: Case) -> Case | None:
    model = case.model | {"repository": {"do_sample": True, "top_k": 3}}
    settings = {"max_new_tokens": 6, "top_k": None, "eos_token_id": None, "pad_token_id": 0}
    return Case(model, case.input_ids, case.attention_mask, settings, case.seed)


def _repository_on(case: Case) -> Case | None:
    repository = {"do_sample": True, "temperature": 0.8, "top_k": 6, "top_p": 0.9, "eos_token_id": [3, 7]}
    settings = {"max_new_tokens": 6}
    return Case(case.model | {"repository": repository}, case.input_ids, case.attention_mask, settings, case.seed)


DIRECTED: dict[str, Callable[[Case], Case | None]] = {
    "an end in the last step": _first_in_the_last_step,
    "a list of end tokens": _list_of_ends,
    "pad = eos, inside a prompt": _pad_is_the_end_and_in_the_prompt,
    "a penalty and left pads": _penalty_and_pads,
    "a stop string begun in the prompt": _stop_string_begun_in_the_prompt,
    "the repository's settings": _repository_on,
}
DESIGNS = DIRECTED | {  # what else the parity board shows
    "a minimum before an end": _minimum,
    "left pads": lambda case: case,
    "a stop string without end tokens": _stop_string_without_ends,
    "a stop string in the prompt": _stop_string_in_the_prompt,
    "a None in the call": _none_in_the_call,
}
