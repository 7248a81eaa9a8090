"""The reference sampler of notebook 3 against ``model.generate``: tokens, and processed scores, at random settings.

Tokens alone are a weak judge (a wrong step often changes no draw), so the scores of every live row are compared as
well. What is tested is the solution notebook's own code, taken from its solution cells.
"""

import random
from typing import Any

import pytest
import torch

from autograder.exercises.nb03_sampling_loop.predictions import PAIRS
from genlab.models import probe_model
from tests.support.course import ROOT, read

NOTEBOOK = ROOT / "solutions" / "03_sampling_loop" / "03_sampling_loop.ipynb"
CONFIGURATIONS, CHUNK = 600, 50


def solutions() -> dict[str, Any]:
    """The functions of the notebook's solution cells, and the one that is given to them, in one namespace."""
    namespace: dict[str, Any] = {"torch": torch}
    for cell in read(NOTEBOOK).cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and (nbgrader.get("solution") or cell.id == "prompt-batch"):
            exec(compile(cell.source, f"<{cell.id}>", "exec"), namespace)
    return namespace


def configuration(rng: random.Random) -> dict[str, Any]:
    """Random arguments of ``sample``; every step is off in a good part of them, and some rows end early."""

    def often(value: Any, off: Any) -> Any:
        return value if rng.random() < 0.6 else off

    vocab_size, rows = rng.choice([31, 97]), rng.randrange(1, 4)
    length, n = rng.randrange(1, 9), rng.randrange(1, 11)
    return {
        "model": probe_model(rng.randrange(8), vocab_size, eos_token_id=None, tie_word_embeddings=False),
        "ids": torch.tensor([[rng.randrange(vocab_size) for _ in range(length)] for _ in range(rows)]),
        "n": n,
        "seed": rng.randrange(2**31),
        "T": often(rng.uniform(0.3, 3.0), 1.0),
        "k": often(rng.randrange(1, vocab_size + 5), 0),
        "p": often(rng.uniform(0.05, 1.0), 1.0),
        "m": often(rng.uniform(0.0, 0.5), 0.0),
        "penalty": often(rng.uniform(0.5, 2.5), 1.0),
        "eos_id": rng.choice([None, rng.randrange(vocab_size)]),
        "pad_id": rng.randrange(vocab_size),
    }


def library(model, ids, n, seed, T, k, p, m, penalty, eos_id, pad_id):
    """``model.generate`` for the same arguments: sequences, and processed scores [B, V] for each step."""
    torch.manual_seed(seed)
    out = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=True,
        max_new_tokens=n,
        temperature=T,
        top_k=k,
        top_p=p,
        min_p=m,
        repetition_penalty=penalty,
        eos_token_id=eos_id,
        pad_token_id=pad_id,
        output_scores=True,
        return_dict_in_generate=True,
    )
    return out.sequences, out.scores


def reference(notebook: dict[str, Any], arguments: dict[str, Any]):
    """The notebook's ``sample``, and what its ``warp`` returned at each step."""
    warp, scores = notebook["warp"], []

    def listening(*args: Any, **kwargs: Any) -> torch.Tensor:
        scores.append(warp(*args, **kwargs))
        return scores[-1]

    notebook["warp"] = listening
    try:
        return notebook["sample"](**arguments), scores
    finally:
        notebook["warp"] = warp


def live_rows(sequences: torch.Tensor, start: int, step: int, eos_id: int | None) -> torch.Tensor:
    """Which rows had not ended before new token number ``step``: bool [B]."""
    said = sequences[:, start : start + step]
    return torch.ones(len(said), dtype=torch.bool) if eos_id is None else ~(said == eos_id).any(1)


def differences(notebook: dict[str, Any], arguments: dict[str, Any]) -> list[str]:
    """What differs between the two samplers for one configuration."""
    sequences, scores = library(**arguments)
    ours, our_scores = reference(notebook, arguments)
    if not torch.equal(ours, sequences):
        return ["tokens"]
    start, found = arguments["ids"].shape[1], []
    for step, (mine, theirs) in enumerate(zip(our_scores, scores, strict=True)):
        live = live_rows(sequences, start, step, arguments["eos_id"])
        mine, theirs = mine[live], theirs[live]
        if not torch.equal(mine.isneginf(), theirs.isneginf()):
            found.append(f"survivors at step {step}")
        elif not torch.allclose(mine, theirs, rtol=1e-4, atol=1e-4):
            found.append(f"scores at step {step}")
    return found


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    return solutions()


@pytest.mark.parametrize("chunk", range(CONFIGURATIONS // CHUNK))
def test_the_reference_sampler_is_generate(notebook, chunk):
    rng = random.Random(f"parity {chunk}")
    for number in range(CHUNK):
        arguments = configuration(rng)
        found = differences(notebook, arguments)
        settings = {name: value for name, value in arguments.items() if name != "model"}
        assert not found, f"configuration {number} of chunk {chunk}: {found}; {settings}"


def swapped(logits, T=1.0, k=0, p=1.0, m=0.0, *, of):
    """A warp with the cuts before the temperature."""
    return of["apply_temperature"](of["min_p"](of["top_p"](of["top_k"](logits, k), p), m), T)


def always_divides(logits, ids, penalty):
    return logits.scatter(1, ids, logits.gather(1, ids) / penalty)


@pytest.mark.parametrize("mistake", ["warp", "repetition_penalty"])
def test_the_comparison_can_fail(mistake):
    """A sampler with one wrong step is caught, by tokens or, where no draw changed, by its scores."""
    notebook, right = solutions(), solutions()
    wrong = {"warp": lambda *a, **k: swapped(*a, **k, of=right), "repetition_penalty": always_divides}
    notebook[mistake] = wrong[mistake]
    rng = random.Random("mistakes")
    found = [differences(notebook, configuration(rng)) for _ in range(60)]
    by_tokens = sum(each == ["tokens"] for each in found)
    by_scores = sum(bool(each) and each != ["tokens"] for each in found)
    assert by_tokens + by_scores >= 10
    assert by_scores >= 1


def test_greedy_is_generate(notebook):
    for seed in range(8):
        rng = random.Random(seed)
        model = probe_model(seed, eos_token_id=None, tie_word_embeddings=False)
        ids = torch.tensor([[rng.randrange(31) for _ in range(5)] for _ in range(3)])
        theirs = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, pad_token_id=0)
        assert torch.equal(notebook["greedy"](model, ids, 12), theirs)


def test_the_notebook_asks_the_pairs_that_the_oracle_runs(notebook):
    cell = next(cell for cell in read(NOTEBOOK).cells if cell.id == "quiz-pairs")
    namespace: dict[str, Any] = {}
    exec(cell.source, namespace)
    assert namespace["PAIRS"] == PAIRS
