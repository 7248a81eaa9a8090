"""``predictions``: for pairs of calls of ``generate``, whether the outputs are the same, different, or one fails."""

import functools
from typing import Any

import torch

from autograder.exercises.exercise import Exercise, Probe
from genlab.models import probe_model

exercise = Exercise(__name__, points=4, sealed=True)
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "A": ({"do_sample": False, "temperature": 0.5}, {"do_sample": False, "temperature": 1.5}),
    "B": ({"do_sample": False}, {"do_sample": False, "temperature": 0.0}),
    "C": ({"do_sample": True, "temperature": 1.0}, {"do_sample": True, "temperature": 0.0}),
    "D": ({"do_sample": True, "temperature": 1.0, "seed": 7}, {"do_sample": True, "temperature": 1.0, "seed": 7}),
    "E": ({"do_sample": True, "temperature": 1.0, "seed": 7}, {"do_sample": True, "temperature": 1.0}),
    "F": ({"do_sample": True, "temperature": 0.7, "seed": 7}, {"do_sample": True, "temperature": 1.5, "seed": 7}),
    "G": ({"do_sample": False}, {"do_sample": False, "repetition_penalty": 1.5}),
    "H": ({"do_sample": False}, {"do_sample": True, "top_k": 1, "seed": 7}),
}


@exercise.probes
def probes(rng):
    yield Probe("A: greedy at two temperatures", pair="A")
    yield Probe("B: greedy, and greedy with temperature 0", pair="B")
    yield Probe("C: sampling, and sampling at temperature 0", pair="C")
    yield Probe("D: sampling twice, the seed set before each call", pair="D")
    yield Probe("E: sampling twice, the seed set once", pair="E")
    yield Probe("F: sampling at two temperatures under one seed", pair="F")
    yield Probe("G: greedy, without and with a repetition penalty", pair="G")
    yield Probe("H: greedy, and sampling with top_k=1", pair="H")


@exercise.oracle
@functools.cache
def oracle(pair):
    model = probe_model(seed=3, eos_token_id=None, tie_word_embeddings=False)
    ids = torch.tensor([[3, 1, 4, 1, 5]])
    outputs = []
    for settings in map(dict, PAIRS[pair]):
        if "seed" in settings:
            torch.manual_seed(settings.pop("seed"))
        try:
            outputs.append(model.generate(ids, max_new_tokens=20, pad_token_id=0, **settings))
        except ValueError:
            return "error"
    return "same" if torch.equal(*outputs) else "different"


@exercise.reference
def reference(pair):
    answers = {"A": "same", "B": "same", "C": "error", "D": "same"}
    answers |= {"E": "different", "F": "different", "G": "different", "H": "same"}
    return answers[pair]


exercise.slips("""
    temperature_changes_greedy: "A": "same" => "A": "different"
        One answer lets temperature act where nothing is drawn. Divide [3, 2, 1] by 0.5 and 1.5: does the maximum move?
    zero_fails_without_sampling: "B": "same" => "B": "error"
        One answer lets temperature=0.0 fail or matter without sampling. Which of the two ways of choosing divides by T?
    zero_is_another_greedy: "C": "error" => "C": "different"
        One answer treats temperature=0.0 with do_sample=True as a setting like others. Your own apply_temperature had
        to do something with T = 0: the library does the same.
    zero_means_greedy: "C": "error" => "C": "same"
        One answer expects temperature=0.0 with do_sample=True to run. Your own apply_temperature had to do something
        with T = 0: the library does the same.
    sampling_always_differs: "D": "same" => "D": "different"
        One answer says that two sampling runs differ although nothing tells them apart. The random numbers come from a
        generator whose whole state the seed sets.
    a_seed_lasts: "E": "different" => "E": "same"
        One answer lets a seed hold for later calls. It only sets the start: the second call goes on from the first.
    a_seed_decides_alone: "F": "different" => "F": "same"
        One answer lets the seed decide alone. The same random numbers meet two different distributions here.
    only_weights_matter_for_greedy: "G": "different" => "G": "same"
        One answer says that nothing but the weights can change a greedy run. Greedy ignores what warps for a draw; what
        changes the *order* of the scores comes before it.
    sampling_is_never_greedy: "H": "same" => "H": "different"
        One answer expects chance where there is no choice. How many tokens does top_k=1 leave to draw from?
    nothing_written: answers[pair] => "?"
        An answer is none of the words "same", "different", "error".
""")


@exercise.alternative
def by_rules(pair):
    if any(settings["do_sample"] and settings.get("temperature") == 0 for settings in PAIRS[pair]):
        return "error"
    first, second = ({k: v for k, v in s.items() if s["do_sample"] or k == "repetition_penalty"} for s in PAIRS[pair])
    return "same" if first == second or second.get("top_k") == 1 else "different"
