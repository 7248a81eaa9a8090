"""The widget of notebook 06: what it says of a call is what a call holds and reads, and its plans are those of 6.4."""

import copy

import pytest
import torch
from transformers import ContinuousBatchingConfig, GenerationConfig

from autograder.exercises import exercise
from genlab.models import load_model
from genlab.widgets import ServingCosts
from genlab.widgets.serving_costs import PLANS, REQUESTS, WAYS
from tests.support.widget_tools import bundle, size


@pytest.fixture(scope="module")
def model():
    return load_model("storyteller")[1]


@pytest.fixture
def box(model):
    return ServingCosts(model)


def called(model, prompt, new, limit, rows, beams, kind):
    """Bytes that a real call holds at its end, and the tokens that it reads."""
    model, read = copy.deepcopy(model), []  # a model remembers the length of its longest static cache
    ids = torch.ones(rows, prompt, dtype=torch.long)
    hook = model.register_forward_pre_hook(
        lambda m, a, given: read.append(given["input_ids"].numel()), with_kwargs=True
    )
    out = model.generate(
        ids,
        attention_mask=ids,
        max_new_tokens=limit,
        num_beams=beams,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
        use_cache=kind != "none",
        cache_implementation="static" if kind == "static" else None,
        return_dict_in_generate=True,
        stopping_criteria=[lambda ids, scores: torch.full((len(ids),), ids.shape[1] >= prompt + new)],
    )
    hook.remove()
    layers = out.past_key_values.layers if kind != "none" else ()
    return sum(tensor.nbytes for layer in layers for tensor in (layer.keys, layer.values)), sum(read)


@pytest.mark.parametrize("kind", ["dynamic", "static", "none"])
@pytest.mark.parametrize(
    ("prompt", "new", "limit", "rows", "beams"), [(4, 8, 8, 2, 1), (8, 2, 16, 3, 2), (1, 1, 4, 1, 1)]
)
def test_the_costs_are_those_of_a_call(box, model, prompt, new, limit, rows, beams, kind):
    box.prompt.value, box.new.value, box.limit.value, box.kind.value = prompt, new, limit, kind
    box.rows.value, box.beams.value = rows, beams
    held, read = called(model, prompt, new, limit, rows, beams, kind)
    costs = box.costs
    assert costs.filled + costs.free == held and (costs.uncached if kind == "none" else costs.cached) == read
    assert costs.weights == sum(parameter.nbytes for parameter in model.parameters())
    assert f"{held:,} bytes" in box.summary() and f"{read:,}" in box.summary()


@pytest.mark.parametrize("slots", PLANS)
def test_the_plans_are_those_of_the_exercise(slots):
    oracle = exercise("schedule")._oracle
    assert PLANS[slots] == [tuple(oracle(list(REQUESTS), slots, name == "continuous")[0]) for name in WAYS]


@pytest.mark.parametrize("slots", [2, 3])
def test_the_library_s_continuous_batching_takes_the_steps_of_the_exercise(slots):
    """``generate_batch`` is the witness for what the exercise calls right: passes, and where somebody begins."""
    tokenizer, model = load_model()
    texts = ["They lived happily ever", "The end", "Lily hugged her mom and said", "And from that day on,", "The end"]
    prompts, columns = [tokenizer(text).input_ids for text in texts], []
    hook = model.register_forward_pre_hook(
        lambda m, a, given: columns.append(given["input_ids"].shape[1]), with_kwargs=True
    )
    end = tokenizer.eos_token_id
    results = model.generate_batch(
        prompts,
        generation_config=GenerationConfig(max_new_tokens=40, do_sample=False, eos_token_id=end, pad_token_id=end),
        continuous_batching_config=ContinuousBatchingConfig(
            max_requests_per_batch=slots, allow_block_sharing=False, num_blocks=64, max_batch_tokens=256
        ),
    )
    hook.remove()
    lengths = [len(results[name].generated_tokens) for name in sorted(results)]
    begins, steps = exercise("schedule")._oracle(lengths, slots, True)
    assert len(columns) == steps
    assert [step for step, read in enumerate(columns) if read > slots] == sorted(set(begins))


def test_every_control_changes_the_picture_and_the_words(box):
    others = {"size": "GPT-2", "dtype": "bfloat16", "kind": "static", "prompt": 64, "new": 64, "rows": 2, "beams": 3}
    seen = {(bytes(box.image.value), box.summary())}
    for name, value in {**others, "limit": 4000, "slots": 5}.items():
        getattr(box, name).value = value
        seen.add((bytes(box.image.value), box.summary()))
    assert len({picture for picture, _ in seen}) == len({words for _, words in seen}) == len(others) + 3
    data = bundle(box)
    assert "GPT-2, bfloat16" in data["text/plain"] and "5 places" in data["text/plain"]
    assert size(data["image/png"])[0] == 680 and len(data["image/png"]) < 14_000


def test_a_limit_below_the_new_tokens_is_raised_to_them(box):
    box.kind.value, box.new.value, box.limit.value = "static", 256, 16
    assert box.costs.free == 0
