"""``predictions``: for pairs of calls of ``generate``, whether the outputs are the same, different, or one fails."""

import functools
from typing import Any

import torch

from autograder.exercises.exercise import Exercise, Probe
from genlab.models import probe_model

exercise = Exercise(__name__, points=4, sealed=True)
exercise.rules("""
    A: pair A: whether a temperature changes what greedy decoding writes
    B: pair B: what a temperature of 0 does where nothing is drawn
    C: pair C: what a temperature of 0 does where tokens are drawn
    D: pair D: whether two draws with the same seed before each can be told apart
    E: pair E: how far a seed reaches that is set before the first of two calls
    F: pair F: what a seed decides where the temperatures are two
    G: pair G: whether a repetition penalty changes what greedy decoding writes
    H: pair H: what is left to chance with top_k=1
""")
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
    yield Probe("A: greedy at two temperatures", rule="A", pair="A")
    yield Probe("B: greedy, and greedy with temperature 0", rule="B", pair="B")
    yield Probe("C: sampling, and sampling at temperature 0", rule="C", pair="C")
    yield Probe("D: sampling twice, the seed set before each call", rule="D", pair="D")
    yield Probe("E: sampling twice, the seed set once", rule="E", pair="E")
    yield Probe("F: sampling at two temperatures under one seed", rule="F", pair="F")
    yield Probe("G: greedy, without and with a repetition penalty", rule="G", pair="G")
    yield Probe("H: greedy, and sampling with top_k=1", rule="H", pair="H")


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
        The belief is that temperature acts where nothing is drawn. Divide [3, 2, 1] by 0.5 and by 1.5: which of the
        three is the largest, before and after?
    greedy_refuses_a_temperature: "A": "same" => "A": "error"
        The belief is that a setting without use is an error. Pitfall 3.1 says what the library does with a temperature
        in a call that does not sample.
    zero_fails_without_sampling: "B": "same" => "B": "error"
        The belief is that a temperature of 0 fails wherever it stands. Dividing by 0 fails where something is divided:
        which of the two ways of choosing a token divides by T?
    zero_sharpens_greedy: "B": "same" => "B": "different"
        The belief is that a temperature of 0 makes greedy decoding greedier. What does greedy take already, and what
        would a temperature change about it?
    zero_is_another_greedy: "C": "error" => "C": "different"
        The belief is that 0 is a temperature like others when tokens are drawn. What did your own apply_temperature
        have to do with T = 0, and why?
    zero_means_greedy: "C": "error" => "C": "same"
        The belief is that a temperature of 0 is a way to write greedy decoding. What did your own apply_temperature
        have to do with T = 0? The library divides by the same number.
    sampling_always_differs: "D": "same" => "D": "different"
        The belief is that two runs that draw never agree. The random numbers come from a generator whose whole state
        the seed sets: what has the second call that the first has not?
    a_second_seed_fails: "D": "same" => "D": "error"
        The belief is that a seed can be set only once, or belongs to generate's own arguments. Here it is set before
        each call, with torch.manual_seed, as often as you like.
    a_seed_lasts: "E": "different" => "E": "same"
        The belief is that a seed holds for all later calls. It sets where the random numbers start. Where are they when
        the second call begins?
    a_missing_seed_fails: "E": "different" => "E": "error"
        The belief is that a draw needs a seed of its own. Without one the generator goes on from where it is: think of
        the calls with do_sample=True that you have run in this notebook without any.
    a_seed_decides_alone: "F": "different" => "F": "same"
        The belief is that the seed alone decides what is drawn. Lay two distributions on the line of section 3.3: does
        the same u hit the same token on both?
    two_temperatures_clash: "F": "different" => "F": "error"
        The belief is that one seed cannot serve two temperatures. Look at the two calls one by one: is there a setting
        in either that the library refuses?
    only_weights_matter_for_greedy: "G": "different" => "G": "same"
        The belief is that only the model's weights decide what greedy decoding writes. It takes the largest score: can
        what exercise 3.8 does to the scores make another one the largest?
    greedy_refuses_a_penalty: "G": "different" => "G": "error"
        The belief is that a penalty belongs to sampling alone. Exercise 3.8 works on scores, before any choice: does it
        matter to it how the token is chosen afterwards?
    sampling_is_never_greedy: "H": "same" => "H": "different"
        The belief is that where sampling is on, chance has a say. How many tokens does top_k=1 leave to draw from?
    one_token_cannot_be_drawn: "H": "same" => "H": "error"
        The belief is that there must be several tokens to draw from. Ask your own draw with a row in which a single
        probability is 1 and the others are 0.
""")


@exercise.alternative
def by_rules(pair):
    if any(settings["do_sample"] and settings.get("temperature") == 0 for settings in PAIRS[pair]):
        return "error"
    first, second = ({k: v for k, v in s.items() if s["do_sample"] or k == "repetition_penalty"} for s in PAIRS[pair])
    return "same" if first == second or second.get("top_k") == 1 else "different"
