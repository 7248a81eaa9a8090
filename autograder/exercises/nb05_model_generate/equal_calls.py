"""``equal_calls``: for pairs of calls of ``generate``, whether the texts are equal, and if not, why they differ."""

import copy
import functools
from typing import Any

import torch

from autograder.exercises.exercise import Exercise, Probe
from genlab.models import RESOURCES

exercise = Exercise(__name__, points=3, sealed=True)
exercise.rules("""
    A: pair A: how far a seed reaches that is set once, before two calls
    B: pair B: what a longer run has to do with the beginning of its text
    C: pair C: whether a row of a padded batch says under greedy what it says alone
    D: pair D: whether a row of a batch draws under a seed what it draws alone
    E: pair E: whether the order of the rows matters to what each of them draws
    F: pair F: what the cache has to do with the text
    G: pair G: what a number format of 16 bits has to do with the text
    H: pair H: what the id has to do with the text that fills a batch with a mask
    I: pair I: what a top_k does that is as large as the vocabulary
    J: pair J: what it means to leave the mask of a padded batch away
""")
PROMPTS = (
    "Lily saw a cat",
    "One day, a little girl named Lily found a red ball in the park. She",
    "There was a big bear in the forest. The bear",
    "Mia and Sam played in the garden until",
    "The old man was sad. He",
    "Ben had a new toy car, and he",
    "It was raining, so Anna",
    "Once upon a time",
)
EIGHT = list(range(8))
DRAW = {"do_sample": True, "top_k": 0}
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "A": ({"rows": [0], "seed": 7, **DRAW}, {"rows": [0], **DRAW}),
    "B": ({"rows": [0], "seed": 7, **DRAW, "new": 10}, {"rows": [0], "seed": 7, **DRAW, "new": 20}),
    "C": ({"rows": [0]}, {"rows": [0, 1]}),
    "D": ({"rows": [0], "seed": 7, **DRAW}, {"rows": [0, 1], "seed": 7, **DRAW}),
    "E": ({"rows": [0, 1], "seed": 7, **DRAW}, {"rows": [1, 0], "seed": 7, **DRAW}),
    "F": ({"rows": [0, 1], "use_cache": True}, {"rows": [0, 1], "use_cache": False}),
    "G": ({"rows": EIGHT, "seed": 7, **DRAW, "new": 100},
          {"rows": EIGHT, "seed": 7, **DRAW, "new": 100, "dtype": "bfloat16"}),
    "H": ({"rows": [0, 1], "pad": "eos"}, {"rows": [0, 1], "pad": 0}),
    "I": ({"rows": [0, 1], "seed": 7, **DRAW}, {"rows": [0, 1], "seed": 7, **DRAW, "top_k": 2048}),
    "J": ({"rows": [0, 1], "mask": True}, {"rows": [0, 1], "mask": False}),
}  # fmt: skip


@exercise.probes
def probes(rng):
    yield Probe("A: drawn twice, the seed set once", rule="A", pair="A")
    yield Probe("B: drawn, 10 new tokens and 20", rule="B", pair="B")
    yield Probe("C: greedy, alone and in a padded batch", rule="C", pair="C")
    yield Probe("D: drawn, alone and in a padded batch", rule="D", pair="D")
    yield Probe("E: drawn, the rows in two orders", rule="E", pair="E")
    yield Probe("F: greedy, with the cache and without", rule="F", pair="F")
    yield Probe("G: drawn, float32 and bfloat16", rule="G", pair="G")
    yield Probe("H: greedy, filled with two ids, with the mask", rule="H", pair="H")
    yield Probe("I: drawn, top_k=0 and the whole vocabulary", rule="I", pair="I")
    yield Probe("J: greedy, with the mask and without", rule="J", pair="J")


@functools.cache
def _model(dtype: str):
    model = RESOURCES["model"]()
    return model if dtype == "float32" else copy.deepcopy(model).to(getattr(torch, dtype))


def _call(rows, seed=None, new=20, mask=True, pad="eos", dtype="float32", **settings):
    """``{prompt: (new ids, scores)}`` of one call."""
    tokenizer = RESOURCES["tokenizer"]()
    fill = tokenizer.eos_token_id if pad == "eos" else pad
    ids = [tokenizer(PROMPTS[row]).input_ids for row in rows]
    width = max(map(len, ids))
    kept = {"attention_mask": torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in ids])} if mask else {}
    padded = torch.tensor([[fill] * (width - len(row)) + row for row in ids])
    if seed is not None:
        torch.manual_seed(seed)
    settings |= {"max_new_tokens": new, "pad_token_id": fill, "return_dict_in_generate": True, "output_scores": True}
    out = _model(dtype).generate(padded, **kept, **settings)
    scores = torch.stack(out.scores, dim=1)
    return {
        row: (said[width:], scores[place]) for place, (row, said) in enumerate(zip(rows, out.sequences, strict=True))
    }


@exercise.oracle
@functools.cache
def oracle(pair):
    """What the library does. Where two rows part, they have the same ids before: are their scores the same, too?"""
    one, two = (_call(**settings) for settings in PAIRS[pair])
    for row in sorted(one.keys() & two.keys()):
        (said, scores), (other, others) = one[row], two[row]
        length = min(len(said), len(other))
        parts = (said[:length] != other[:length]).nonzero().flatten().tolist()
        if parts:
            return "other draws" if torch.allclose(scores[parts[0]], others[parts[0]], atol=1e-3) else "other scores"
    return "equal"


@exercise.reference
def reference(pair):
    answers = {"A": "other draws", "B": "equal", "C": "equal", "D": "other draws", "E": "other draws"}
    answers |= {"F": "equal", "G": "other scores", "H": "equal", "I": "equal", "J": "other scores"}
    return answers[pair]


exercise.slips("""
    once_is_enough: "A": "other draws" => "A": "equal"
        The belief is that a seed set once is enough for both calls. It says where the random numbers begin. How many of
        them has the first call used up when the second one begins?
    a_second_call_has_other_scores: "A": "other draws" => "A": "other scores"
        The belief is that a second call reckons differently. The model, the prompt and the settings are the same: what
        is it that a call changes, and the next one finds changed?
    a_longer_run_is_another_text: "B": "equal" => "B": "other draws"
        The belief is that max_new_tokens plays a part in each draw. Where is the limit asked for, before a token is
        drawn or behind it? And how many numbers have been used when the tenth token comes?
    a_limit_is_a_plan: "B": "equal" => "B": "other scores"
        The belief is that the model knows how long its text may become, and plans. Which of its inputs would tell it?
    neighbours_change_greedy: "C": "equal" => "C": "other scores"
        The belief is that rows of a batch see each other, or their padding. The section on batches compared padded
        rows with rows alone, with the mask and without: which case is this?
    greedy_draws: "C": "equal" => "C": "other draws"
        The belief is that other random numbers play a part here. Look at the settings: does either call draw?
    a_seed_belongs_to_a_row: "D": "other draws" => "D": "equal"
        The belief is that a seed makes a row independent of its batch. All rows draw from one stream of numbers, step
        by step: who takes the numbers that this row took alone in its second step?
    drawing_in_a_batch_has_other_scores: "D": "other draws" => "D": "other scores"
        The belief is that the other row, or the padding, changes the probabilities of this one. Compare with pair C,
        which is the same without a draw.
    a_row_takes_its_numbers_along: "E": "other draws" => "E": "equal"
        The belief is that each row keeps its random numbers when the rows are put in another order. The numbers come in
        one stream. Which row takes the first ones, in each of the two calls?
    the_order_changes_the_scores: "E": "other draws" => "E": "other scores"
        The belief is that a row's probabilities depend on its place in the batch. Does anything of the other row enter
        the sums that give them?
    the_cache_forgets: "F": "equal" => "F": "other scores"
        The belief is that the cache is an approximation. It keeps keys and values of earlier tokens. Would they come
        out differently, reckoned again?
    the_cache_draws: "F": "equal" => "F": "other draws"
        The belief is that random numbers play a part here. Look at the settings: does either call draw?
    sixteen_bits_are_enough: "G": "other scores" => "G": "equal"
        The belief is that rounding never shows. Eight rows of 100 tokens are up to 800 draws, and bfloat16 keeps two
        or three digits of a number: does each draw fall on the same token?
    sixteen_bits_have_other_numbers: "G": "other scores" => "G": "other draws"
        The belief is that the random numbers depend on the model's number format. They come from one generator, which
        is asked behind the model, in float32 both times. What has been rounded before that?
    the_pad_id_is_read: "H": "equal" => "H": "other scores"
        The belief is that the model reads what fills a row. What does a 0 in the mask do to a position, whichever id
        stands there?
    the_pad_id_draws: "H": "equal" => "H": "other draws"
        The belief is that random numbers play a part here. Look at the settings: does either call draw?
    a_large_k_still_cuts: "I": "equal" => "I": "other scores"
        The belief is that top_k always takes something away. How many of 2,048 tokens are outside the best 2,048? And
        what does top_k=0 mean: the default, or none?
    a_cut_uses_up_numbers: "I": "equal" => "I": "other draws"
        The belief is that top_k changes how many random numbers a step uses. Notebook 3 counted them: one for each
        token of the vocabulary, also for those that are cut.
    padding_is_seen_as_padding: "J": "other scores" => "J": "equal"
        The belief is that the model recognizes padding by itself. Here it is filled with the end token, which is a
        token like others. The section on batches shows when the library guesses a mask: is this such a case?
    a_mask_draws: "J": "other scores" => "J": "other draws"
        The belief is that random numbers play a part here. Look at the settings: does either call draw?
""")


@exercise.alternative
def by_rules(pair):
    one, two = PAIRS[pair]
    if one.get("dtype") != two.get("dtype") or one.get("mask") != two.get("mask"):
        return "other scores"
    drawn = one.get("do_sample") and (one.get("seed") != two.get("seed") or one["rows"] != two["rows"])
    return "other draws" if drawn else "equal"
