"""What the exercises of the notebook share: batches for probe models, and settings whose end token comes in time."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import torch

from autograder.exercises.exercise import Exercise, Probe
from genlab.judging.rebuilt import library
from genlab.judging.runner import resolve, run
from genlab.judging.values import Resource, same
from genlab.models import RESOURCES

SIZE, NEW = 31, 6


def batch(rng: random.Random, rows: int, width: int = 5, pads: bool = False, pad: int = 0) -> tuple[torch.Tensor, ...]:
    """Random ids [rows, width] and their mask; with ``pads`` all rows but the last begin with pads."""
    ids = torch.tensor([[rng.randrange(1, SIZE) for _ in range(width)] for _ in range(rows)])
    mask = torch.ones_like(ids)
    for row in range(rows - 1 if pads else 0):
        left = 1 + (row + rng.randrange(2)) % (width - 1)
        mask[row, :left], ids[row, :left] = 0, pad
    return ids, mask


def probe_of(
    rng: random.Random,
    rows: int = 2,
    *,
    rotary: bool = False,
    pads: bool = False,
    eos: Any = None,
    n: int = NEW,
    pad: int = 0,
    width: int = 5,
    repository: dict[str, Any] | None = None,
    inside: bool = False,
    moved: bool = False,
    size: int = SIZE,
    **settings: Any,
) -> dict[str, Any]:
    """Arguments of a probe. ``eos``: None, or which rows end before the last step: "one", "all", "two" (each with a
    token of its own, one goes on), "together" (all in one step), "last" (the last of them in the very last step).
    ``inside``: the end token is the pad, too, and stands in a prompt. ``moved``: the end
    token stands in the repository as well.
    """
    extra: dict[str, Any] = {"initializer_range": 0.5} if rotary else {"tie_word_embeddings": False}
    while True:
        model = Resource(
            "repository_model", rotary=rotary, repository=repository or {}, seed=rng.randrange(40), vocab_size=size,
            eos_token_id=None, **extra,
        )  # fmt: skip
        ids, mask = batch(rng, rows, width, pads, pad)
        asked: dict[str, Any] = {"max_new_tokens": n, "pad_token_id": pad, "seed": rng.randrange(1000)} | settings
        if eos is None:
            return {"model": model, "input_ids": ids, "attention_mask": mask, "settings": asked}
        args: dict[str, Any] = {"model": model, "input_ids": ids, "attention_mask": mask}
        args["settings"] = asked | {"eos_token_id": None}
        args["settings"] = {name: value for name, value in args["settings"].items() if name != "min_new_tokens"}
        said = free_run(args)[:, width:].tolist()
        args["settings"] |= {name: value for name, value in settings.items() if name == "min_new_tokens"}
        ends = find_ends(rng, said, eos, n)
        if ends is None:
            continue
        if inside:
            ids[-1, rng.randrange(1, width - 1)] = ends
            ids[mask == 0] = ends
            args["settings"]["pad_token_id"] = ends
            args["settings"]["eos_token_id"] = None
            said = free_run(args)[:, width:].tolist()
            if not 0 < sum(ends in row[:-1] for row in said) < len(said):
                continue
        args["settings"]["eos_token_id"] = ends
        if moved:
            model.settings["repository"] = {"eos_token_id": ends}
        return args


def stopping(rng: random.Random, kind: str, written: Callable = list) -> dict[str, Any]:
    """Arguments of a probe with stop strings, found in what the model says.

    "across": the string lies over the border of two new tokens, and ends within the second; "whole": it ends with it;
    "begun": it begins in the prompt; "prompt": it stands in the prompt and comes no more; "edge": the prompt ends with
    it, and it comes no more; "two": each of two rows has one; "unfilled": as "across", with another row and no end
    token. ``written``: how the list of stop strings stands in the call.
    """
    tokenizer = RESOURCES["letter_tokenizer"]()
    rows = 2 if kind in ("two", "unfilled") else 1
    while True:
        args = probe_of(rng, rows, rotary=rng.random() < 0.5)
        width = args["input_ids"].shape[1]
        texts = [[tokenizer.decode([token]) for token in row] for row in free_run(args).tolist()]
        unused = [token for token in range(1, SIZE - 1) if all(tokenizer.decode([token]) not in row for row in texts)]
        if any("<end>" in row for row in texts) or not unused:
            continue
        prompts, news = ["".join(row[:width]) for row in texts], [row[width:] for row in texts]
        said, places = news[0], {"across": 2, "whole": 2, "unfilled": 2, "begun": 0, "two": 1, "prompt": 0, "edge": 0}
        at = places[kind]
        if kind == "prompt":
            stops = [prompts[0][-4:-1]]
            if stops[0] in "".join(texts[0])[len(prompts[0]) - 3 :]:
                continue
        elif kind == "edge":
            stops = [prompts[0][-3:]]
            if stops[0] in "".join(texts[0])[len(prompts[0]) - 2 :]:
                continue
        else:
            before = (prompts[0] + "".join(said[:at]))[-2:]
            stops = [before + (said[at] if kind == "whole" else said[at][:1])]
            if kind in ("across", "unfilled") and (len(said[at]) < 2 or before + said[at] == stops[0]):
                continue
            if prompts[0].find(stops[0]) >= 0 or ("".join(texts[0])).find(stops[0]) < len(prompts[0]) - 2:
                continue
            if kind != "begun" and "".join(said[:at]).find(stops[0][:2]) < 0:
                continue
            if kind == "two":
                stops.append("".join(news[1])[-4:-1] or "x")
            if rows == 2 and any(stop in prompts[1] + "".join(news[1][:-1]) for stop in stops):
                continue
        end = {"eos_token_id": None if kind == "unfilled" else unused[0]}
        args["settings"] |= {"stop_strings": written(stops), "tokenizer": Resource("letter_tokenizer")} | end
        return args


def free_run(args: dict[str, Any]) -> torch.Tensor:
    """What ``model.generate`` says for a probe's arguments."""
    model, ids, mask, settings = (resolve(value) for value in args.values())
    torch.manual_seed(settings.pop("seed"))
    return library(model, ids, mask, **settings)["sequences"]


def find_ends(rng: random.Random, said: list[list[int]], kind: str, n: int) -> Any:
    """An end token, or two, with which rows that say this end as ``kind`` asks; None if there is none."""
    tokens = rng.sample(range(1, SIZE), SIZE - 1)

    def at(token: int) -> list[int]:
        return [[*row, token].index(token) for row in said]

    for token in tokens:
        places = at(token)
        early = [place < n - 2 for place in places]
        if kind == "one" and any(early) and max(places) == n:
            return token
        if kind == "together" and max(places) == min(places) < n - 1:
            return token
        if kind == "minimum" and min(places) < 2 and (len(said) == 1 or max(places) > 1):
            return token
        if kind == "all" and max(places) < n - 1:
            return token
        if kind == "last" and max(places) == n - 1 and (len(places) == 1 or min(places) < n - 1):
            return token
        if kind == "two" and any(early) and max(places) == n:
            for other in tokens:
                both = [min(pair) for pair in zip(places, at(other), strict=True)]
                if sum(place < n - 2 for place in both) > sum(early) and max(both) == n:
                    return [token, other]
    return None


def shows(exercise: Exercise, names: Sequence[str]) -> Callable[[Probe], bool]:
    """Whether a probe's outcome tells each of these mistakes of ``exercise`` from what is right."""
    wrong = [mistake.function for mistake in exercise.mistakes if mistake.name in names]
    assert len(wrong) == len(names), names

    def told(probe: Probe) -> bool:
        right = run(exercise.alternatives[0], probe.args, exercise.adapter).value
        return not any(same(right, run(f, probe.args, exercise.adapter).value, 1e-3) for f in wrong)

    return told
