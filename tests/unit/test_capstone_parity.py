"""``my_generate`` of notebook 7 against ``model.generate``: tokens and processed scores, at random settings and in the
directed cases, for GPT-2 and Llama, padded and not, cached and not.

What is tested is the solution notebook's own code. In ``make test`` several hundred configurations, at night 10,000.
"""

import random
from typing import Any

import pytest
import torch
from transformers import DynamicCache

from genlab.parity import Case, directed_cases, first_difference, random_case
from tests.support.course import ROOT, read

NOTEBOOK = ROOT / "solutions" / "07_capstone" / "07_capstone.ipynb"
CONFIGURATIONS, NIGHTLY, CHUNK = 600, 10_000, 200


def solutions() -> dict[str, Any]:
    """The names of the notebook's solution cells and of what they need, in one namespace."""
    namespace: dict[str, Any] = {"torch": torch, "DynamicCache": DynamicCache}
    for cell in read(NOTEBOOK).cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and nbgrader.get("grade_id") in ("capstone_defaults", "my_loop", "my_generate"):
            exec(compile(cell.source, f"<{cell.id}>", "exec"), namespace)
    return namespace


@pytest.fixture(scope="module")
def my_generate():
    return solutions()["my_generate"]


@pytest.fixture(scope="module")
def directed() -> dict[str, Case]:
    return directed_cases()


def compare(my_generate, chunk: int, size: int) -> None:
    rng = random.Random(f"capstone {chunk}")
    for number in range(size):
        case = random_case(rng)
        assert first_difference(my_generate, case) is None, f"configuration {number} of chunk {chunk}: {case}"


@pytest.mark.parametrize("chunk", range(CONFIGURATIONS // CHUNK))
def test_the_rebuilt_generate_is_generate(my_generate, chunk):
    compare(my_generate, chunk, CHUNK)


@pytest.mark.nightly
@pytest.mark.parametrize("chunk", range(100, 100 + NIGHTLY // 500))
def test_ten_thousand_configurations(my_generate, chunk):
    compare(my_generate, chunk, 500)


def test_the_directed_cases(my_generate, directed):
    assert len(directed) == 12
    for name, case in directed.items():
        assert first_difference(my_generate, case) is None, name


@pytest.mark.parametrize(
    "name, old, new",
    [
        ("an end in the last step", "live = live & ~torch.isin(new, ends)", "live = live & (len(scores) < 3)"),
        ("a list of end tokens", "torch.isin(new, ends)", "torch.isin(new, ends[:1])"),
        ("pad = eos, inside a prompt", "ids, mask, scores = input_ids, attention_mask, []",
         "ids, mask, scores = input_ids, (input_ids != pad).long(), []"),
        ("a penalty and left pads", "scatter_add(1, ids, mask)", "scatter_add(1, ids, torch.ones_like(ids))"),
        ("a stop string begun in the prompt", "text.find(stop, max(0, len(before) + 1 - len(stop)))",
         "text.find(stop, len(before))"),
        ("the repository's settings", "if value is not None}", "if False}"),
    ],
)  # fmt: skip
def test_each_directed_case_finds_its_mistake(directed, name, old, new):
    source = next(cell.source for cell in read(NOTEBOOK).cells if cell.id == "my-generate")
    assert source.count(old) == 1
    namespace = solutions()
    exec(source.replace(old, new), namespace)
    for kind in ("GPT-2", "Llama"):
        difference = first_difference(namespace["my_generate"], directed[f"{name}, {kind}"])
        assert difference is not None and difference.words


def test_the_solution_is_one_cell_of_readable_size():
    source = next(cell.source for cell in read(NOTEBOOK).cells if cell.id == "my-generate")
    lines = [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(lines) <= 80 and max(map(len, lines)) <= 120
