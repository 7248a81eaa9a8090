"""``mixed_calls``: how many new tokens each of ten calls of ``generate`` gives, and what ended its first row."""

import copy
import functools
from typing import Any

import torch
from transformers import EosTokenCriteria, StopStringCriteria

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb04_stopping._shared import EOS, VOCABULARY, storyteller_tokenizer
from genlab.models import RESOURCES, ScriptedModel

exercise = Exercise(__name__, points=4, sealed=True)
exercise.rules("""
    A: call A: what a limit does that only the repository sets
    B: call B: which of two limits wins, one of the repository and one of the call
    C: call C: what a list of end tokens means
    D: call D: what a minimum does to end tokens, and when it lets go of them
    E: call E: what a minimum does to stop strings
    F: call F: what the reason is where an end token comes on the last step that is allowed
    G: call G: what becomes of a stop string that begins in the prompt
    H: call H: how long a batch runs, and what ended its first row
    I: call I: what the limit is where nobody sets one and the context is nearly full
    J: call J: how many new tokens fit behind a prompt
""")
FULL_STOP = 13
LINES = (
    "Tom had a red kite. It flew high. Tom was happy.",
    "Lily saw a big dog in the park and ran to her mom, who was at home with a cake and a cup of tea.",
)
CALLS: dict[str, dict[str, Any]] = {
    "A": {"repository": {"max_new_tokens": 5}},
    "B": {"repository": {"max_new_tokens": 5}, "max_length": 12},
    "C": {"max_new_tokens": 20, "eos_token_id": [EOS, FULL_STOP]},
    "D": {"max_new_tokens": 20, "eos_token_id": [EOS, FULL_STOP], "min_new_tokens": 7},
    "E": {"max_new_tokens": 20, "stop_strings": ["kite"], "min_new_tokens": 7},
    "F": {"max_new_tokens": 4, "eos_token_id": [EOS, FULL_STOP]},
    "G": {"max_new_tokens": 20, "stop_strings": ["had a"]},
    "H": {"max_new_tokens": 16, "rows": 2},
    "I": {"prompt": 246},
    "J": {"prompt": 250, "max_new_tokens": 8},
}


@exercise.probes
def probes(rng):
    yield Probe("A: a limit of the repository", rule="A", call="A")
    yield Probe("B: a limit of the repository, and one of the call", rule="B", call="B")
    yield Probe("C: two end tokens", rule="C", call="C")
    yield Probe("D: two end tokens and a minimum", rule="D", call="D")
    yield Probe("E: a stop string and a minimum", rule="E", call="E")
    yield Probe("F: an end token and a limit", rule="F", call="F")
    yield Probe("G: a stop string and the prompt", rule="G", call="G")
    yield Probe("H: two rows", rule="H", call="H")
    yield Probe("I: no limit, a long prompt", rule="I", call="I")
    yield Probe("J: a limit and a long prompt", rule="J", call="J")


def _model(rows: int, prompt: int, repository: dict[str, Any]) -> tuple[Any, torch.Tensor]:
    """The model that is asked and its prompts: the storyteller, which never ends, behind ``prompt`` full stops; else
    one that recites.
    """
    if prompt:
        model, ids = copy.deepcopy(RESOURCES["model"]()), torch.full((1, prompt), FULL_STOP)
        model.generation_config.eos_token_id = None
        return model, ids
    lines = [[*storyteller_tokenizer().encode(line), EOS] for line in LINES[:rows]]
    model = ScriptedModel(lines, VOCABULARY, eos_token_id=EOS, otherwise=EOS)
    for name, value in repository.items():
        setattr(model.generation_config, name, value)
    return model, torch.tensor([line[:2] for line in lines])


@exercise.oracle
@functools.cache
def oracle(call):
    """What the library does; what ended the first row, by its own criteria."""
    settings = dict(CALLS[call])
    model, ids = _model(settings.pop("rows", 1), settings.pop("prompt", 0), settings.pop("repository", {}))
    tokenizer = storyteller_tokenizer()
    width, strings = ids.shape[1], settings.get("stop_strings")
    helper = {"tokenizer": tokenizer} if strings else {}
    try:
        out = model.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=0, **settings, **helper)
    except (IndexError, ValueError):
        return 0, "error"
    ends = settings.get("eos_token_id", model.generation_config.eos_token_id)
    brakes = {} if ends is None else {"eos": EosTokenCriteria(ends)}
    brakes |= {"stop_string": StopStringCriteria(tokenizer, strings)} if strings else {}
    for end in range(width + 1, out.shape[1] + 1):
        for reason, brake in brakes.items():
            if bool(brake(out[:1, :end], None)):
                return out.shape[1] - width, reason
    return out.shape[1] - width, "length"


@exercise.reference
def reference(call):
    answers = {"A": (5, "length"), "B": (5, "length"), "C": (4, "eos"), "D": (8, "eos"), "E": (3, "stop_string")}
    answers |= {"F": (4, "eos"), "G": (1, "stop_string"), "H": (16, "eos"), "I": (10, "length"), "J": (0, "error")}
    return answers[call]


exercise.slips("""
    only_the_call_counts: "A": (5, "length") => "A": (13, "eos")
        The belief is that a limit must stand in the call. Section 4.1 asked a model whose repository brings one: what
        did it do to a call that says nothing?
    the_default_counts: "A": (5, "length") => "A": (20, "length")
        The belief is that a call which says nothing has the limit 20. That is so where nobody sets one. Who does here?
        And would the text go on for 20 tokens?
    the_call_wins: "B": (5, "length") => "B": (10, "length")
        The belief is that what the call says wins over the repository. It does, for the same setting. These are two
        settings, and one of them always wins over the other, whoever has set it: section 4.1.
    max_length_counts_new_tokens: "B": (5, "length") => "B": (12, "length")
        The belief is that max_length counts new tokens. It counts the prompt as well; and which of two limits wins
        when both are there?
    a_list_is_a_sequence: "C": (4, "eos") => "C": (13, "eos")
        The belief is that only the first id of the list ends the row, or that all must come. Any of them does: which of
        them is said first?
    the_end_token_is_not_counted: "C": (4, "eos") => "C": (3, "eos")
        The belief is that the end token is no part of the result. Look at the ids of section 4.2: is it there?
    a_minimum_is_a_wish: "D": (8, "eos") => "D": (4, "eos")
        The belief is that the minimum does not hold where the model wants to end. What becomes of the scores of the end
        tokens, as long as the minimum is not reached?
    the_end_counts_for_the_minimum: "D": (8, "eos") => "D": (7, "eos")
        The belief is that the end token may be the last token of the minimum. Before it may come, how many tokens must
        there be already?
    a_minimum_delays: "D": (8, "eos") => "D": (13, "eos")
        The belief is that the model goes on with its text. It was kept from saying what its text has next: read in
        section 4.11 what this model does then, and when it wants to end.
    a_minimum_forbids_for_good: "D": (8, "eos") => "D": (20, "length")
        The belief is that a minimum takes the end tokens away for the whole run. How long are their scores set to -inf?
    a_minimum_holds_stop_strings_back: "E": (3, "stop_string") => "E": (7, "stop_string")
        The belief is that a minimum holds for all brakes. It works on the scores of end tokens. Does a stop string have
        a score?
    a_minimum_and_then_the_next: "E": (3, "stop_string") => "E": (13, "eos")
        The belief is that a stop string which comes too early is passed over. A minimum works on the scores of end
        tokens. Is a stop string one?
    length_wins_on_the_last_step: "F": (4, "eos") => "F": (4, "length")
        The belief is that a row of max_new_tokens tokens was ended by the limit. Would it have gone on with a larger
        one? Section 4.7 says which reason counts.
    the_prompt_is_not_searched: "G": (1, "stop_string") => "G": (13, "eos")
        The belief is that the library looks at new text only, as your stop_strings does. Section 4.5 has run a case
        like this one.
    a_prompt_stops_at_once: "G": (1, "stop_string") => "G": (0, "stop_string")
        The belief is that a stop string in the prompt ends the run before it begins. The brakes are asked after a step:
        how many tokens are there then? And does all of it stand in the prompt?
    the_first_row_ends_the_batch: "H": (16, "eos") => "H": (13, "eos")
        The belief is that a batch ends with its first row. The result is a rectangle: how long does the other row go
        on?
    the_batch_decides_the_reason: "H": (16, "eos") => "H": (16, "length")
        The belief is that all rows have one reason. Asked is what ended the first row, and its last tokens are
        padding: what stands before them?
    twenty_whatever_the_context: "I": (10, "length") => "I": (20, "length")
        The belief is that without a limit 20 tokens come, whatever the context. A limit that nobody sets is cut to what
        is left of the 256 positions: exercise 4.1.
    no_limit_runs_into_the_end: "I": (10, "length") => "I": (0, "error")
        The belief is that a call without a limit runs into the end of the context. That happens to limits that somebody
        has set; the one that nobody sets is cut: exercise 4.1.
    one_more_for_nobodys_limit: "I": (10, "length") => "I": (11, "length")
        The belief is that the last new token needs no position here either. It needs none, but the limit that nobody
        sets is cut as if it did: prompt and new tokens together are at most 256.
    a_limit_is_cut: "J": (0, "error") => "J": (6, "length")
        The belief is that a limit which is too large is cut to the context. That holds for the limit that nobody sets.
        Section 4.6 ran this very call.
    it_ends_at_the_context: "J": (0, "error") => "J": (7, "length")
        The belief is that the run ends quietly where the context ends. Seven tokens do fit. What happens to the eighth,
        and does generate hand out the others? Section 4.6 ran this very call.
""")


@exercise.alternative
def by_rules(call):
    """What each kind of brake allows; the smallest wins."""
    settings = CALLS[call]
    if settings.get("prompt"):
        limit = settings.get("max_new_tokens", 256 - settings["prompt"])
        return (limit, "length") if settings["prompt"] + limit <= 257 else (0, "error")
    limit = settings.get("max_new_tokens") or settings["repository"]["max_new_tokens"]
    if stop := settings.get("stop_strings"):
        return {"kite": 3, "had a": 1}[stop[0]], "stop_string"
    end = 13 if "eos_token_id" not in settings else max(4, 1 + settings.get("min_new_tokens", 0))
    return (limit if end > limit or settings.get("rows") else end), ("eos" if end <= limit else "length")
