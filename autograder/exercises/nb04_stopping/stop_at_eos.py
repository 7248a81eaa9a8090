"""``stop_at_eos``: a greedy loop over one row that ends when the model says an eos id."""

import numpy as np
import torch
from transformers import EosTokenCriteria

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb04_stopping._shared import NEW, SILENT, UNUSED, as_list, generate, gradients, real_run
from genlab.judging.values import Resource

exercise = Exercise(__name__, points=3, calls=True, no_grad=True, runs="runs")
exercise.rules("""
    ends: the first new token that is the given end token, and no other, ends the run and stays in the result: int64
        ids [1, P + n]
    several: of a list of end tokens, each ends the run by itself, whatever its place in the list
    prompt: only a new token ends the run, whatever the prompt holds
    limit: without an end token, max_new_tokens new tokens come, whatever the prompt's length; none for 0
    refuses: an empty prompt is refused with a ValueError, before the model runs, whatever max_new_tokens says
    runs: the model runs with gradients off, on the whole row, once for each new token and not once more
""")


@exercise.refuses
def refuses(model, input_ids, eos_token_id, max_new_tokens):
    return "" if input_ids.shape[1] else "the prompt is empty: there is nothing to continue"


@exercise.probes
def probes(rng):
    def line(put=(), width=4, ids=range(1, SILENT)):
        """A prompt of ``width`` ids and what is said after it, all different; ``put``: ids at certain places."""
        row = rng.sample(ids, width + NEW + 2)
        for place, token in dict(put).items():
            row[place] = token
        return row

    def probe(rule, name, row, eos, width=4, n=NEW, size=31, own=None, hidden=False):
        """``own``: the end token in the model's configuration."""
        model = Resource("scripted_model", lines=[row], vocab_size=size, eos_token_id=own, otherwise=SILENT)
        ids = torch.tensor([row[:width]])
        return Probe(name, rule=rule, hidden=hidden, model=model, input_ids=ids, eos_token_id=eos, max_new_tokens=n)

    def real_weights(name, width, place, hidden=False):
        """The end token is the one at ``place`` of what is said; None: it does not come."""
        model, ids, (said,) = real_run(rng, width=width)
        settings = {"eos_token_id": UNUSED if place is None else said[place], "max_new_tokens": 4}
        return Probe(name, rule="runs", hidden=hidden, model=model, input_ids=ids, **settings)

    early, late = rng.randrange(5, 9), rng.randrange(9, 13)  # places in a line; that of the first new token is 4
    a, with_0, starts_with_0 = line(), line({early: 0}), line({4: 0})
    inside, begins, ends = line(), line(), line()
    only_ends = line(dict.fromkeys([0, 1, 2, 3, late], rng.randrange(1, SILENT)))
    only_0 = line(dict.fromkeys(range(4), 0))
    inside[rng.randrange(1, 3)], begins[0], ends[3] = inside[late], begins[late], ends[early]
    other = {"size": 53, "width": 1}  # another vocabulary, a prompt of one token
    b = line(width=1, ids=range(31, 52))

    yield probe("ends", "one end token", a, a[late])
    yield probe("ends", "the end token is the first new one", a, a[4])
    yield probe("ends", "the end token is the id 0", with_0, 0)
    yield probe("ends", "the model's own end token is another one", a, a[late], own=a[early])
    yield probe("several", "the model's own is not in the list", a, [a[late], UNUSED], own=a[4], hidden=True)
    yield probe("ends", "the id 0 ends it at once", starts_with_0, 0, hidden=True)
    yield probe("ends", "another vocabulary, a prompt of one token", b, b[early], **other, hidden=True)
    yield probe("ends", "the end token is the last id of the vocabulary", line({late: 30}), 30, hidden=True)
    yield probe("several", "any of them ends the run", a, [UNUSED, a[late]])
    yield probe("several", "the first to come ends it", a, [a[late], a[early], UNUSED])
    yield probe("several", "three, the id 0 among them", with_0, [UNUSED, 0, with_0[-1]], hidden=True)
    yield probe("several", "a list of one", a, [a[late]])
    yield probe("several", "the first of the list comes first", b, [b[early], b[late]], **other, hidden=True)
    yield probe("prompt", "the end token also stands inside the prompt", inside, inside[late])
    yield probe("prompt", "the prompt ends in the end token", ends, ends[3])
    yield probe("prompt", "the prompt is nothing but end tokens", only_ends, only_ends[0], hidden=True)
    yield probe("prompt", "the prompt is nothing but the id 0", only_0, only_0[late])
    yield probe("prompt", "it begins with one of several end tokens", begins, [UNUSED, begins[0]], hidden=True)
    yield probe("limit", "no end token comes", a, UNUSED)
    yield probe("limit", "the end token would be the next one", a, a[early + 1], n=early - 3)
    yield probe("limit", "max_new_tokens of 0", a, a[4], n=0)
    yield probe("limit", "the model's own end token comes, no other", a, UNUSED, own=a[early], hidden=True)
    yield probe("limit", "max_new_tokens of 0, the prompt ends in the end token", ends, ends[3], n=0, hidden=True)
    yield probe("limit", "the end token is the last one allowed", a, a[late], n=late - 3, hidden=True)
    yield probe("limit", "one new token", a, [UNUSED, a[5]], n=1, hidden=True)
    yield probe("limit", "no end token, another vocabulary", b, [0, 52], n=5, **other, hidden=True)
    yield probe("refuses", "an empty prompt", a, a[0], width=0)
    yield probe("refuses", "an empty prompt, max_new_tokens of 0", a, a[0], width=0, n=0)
    yield probe("refuses", "an empty prompt, several end tokens", b, [0, b[0]], width=0, size=53, hidden=True)
    yield real_weights("whole rows, gradients off, until the end token", 4, 1)
    yield real_weights("whole rows, gradients off, until the limit", 3, None)
    yield real_weights("a prompt of one token", 1, 2, hidden=True)
    yield real_weights("a prompt of one token, until the limit", 1, None, hidden=True)
    yield real_weights("the end token at once", 4, 0, hidden=True)


@exercise.oracle
def oracle(model, input_ids, eos_token_id, max_new_tokens):
    if not max_new_tokens:
        return input_ids  # generate refuses this
    return generate(model, input_ids, eos_token_id=eos_token_id, max_new_tokens=max_new_tokens)


@exercise.reference
def reference(model, input_ids, eos_token_id, max_new_tokens):
    eos, ids = as_list(eos_token_id), input_ids
    for _ in range(max_new_tokens):
        with gradients(model):
            new = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, new], dim=1)
        if int(ids[0, -1]) in eos:
            break
    return ids


exercise.slips("""
    list_as_a_sequence: int(ids[0, -1]) in eos => ids[0, -len(eos) :].tolist() == eos
        A list of eos ids was read as a sequence to come in this order. Each id in the list ends the run by itself.
    only_the_first_id: in eos: => == eos[0]:
        Only the first id of the list ends the run. Models with a chat format have several: any of them ends it.
    only_the_last_id: in eos: => == eos[-1]:
        Only the last id of the list ends the run: any of them does. Ask whether the new token is `in` the list.
    compares_with_the_list: in eos: => == eos_token_id:
        The new token is compared with eos_token_id by ==, and no number equals a list. Make a list of one id as well,
        and ask whether the new token is `in` it.
    id_0_is_no_end: as_list(eos_token_id), input_ids => as_list(eos_token_id) if eos_token_id else [], input_ids
        The end token 0 was taken for "no end token": 0 is false in Python. 0 is an id like any other.
    never_ends_at_once: int(ids[0, -1]) in eos => ids.shape[1] > input_ids.shape[1] + 1 and int(ids[0, -1]) in eos
        An end token that comes first of all did not end the run: look at each new token, the first one included.
    eos_in_the_prompt_stops: int(ids[0, -1]) in eos => set(ids[0].tolist()) & set(eos)
        The whole row is searched for eos, so one in the prompt ends the run after one token. Only the newest counts.
    asks_before_the_first_token: range(max_new_tokens):
        => range(max_new_tokens):
        =>         if int(ids[0, -1]) in eos:
        =>             break
        The loop asks before it has made a token, so a prompt that ends in eos is not continued. Ask after the append.
    drops_eos: if int(ids[0, -1]) in eos:
        => if int(ids[0, -1]) in eos:
        =>             ids = ids[:, :-1]
        The eos token is missing from the result: append first, then ask. generate keeps eos in its output, and decoding
        with skip_special_tokens=True leaves it out of the text.
    one_token_late: int(ids[0, -1]) in eos => ids.shape[1] > input_ids.shape[1] + 1 and int(ids[0, -2]) in eos
        The run goes on for one token after eos: look at the token that was just appended, not at the one before.
    generates_all_then_cuts: if int(ids[0, -1]) in eos:
        => end = next((i for i, t in enumerate(ids[0].tolist()) if i >= input_ids.shape[1] and t in eos), None)
        =>         if end is not None and ids.shape[1] == input_ids.shape[1] + max_new_tokens:
        =>             ids = ids[:, : end + 1]
        The result is right, but all max_new_tokens steps were run. Leave the loop as soon as eos comes: it saves time.
    ignores_eos: int(ids[0, -1]) in eos => False
        The run always makes max_new_tokens tokens: the token just appended is never compared with eos_token_id.
    models_own_end_token: as_list(eos_token_id), input_ids
        => as_list(eos_token_id) + as_list(model.config.eos_token_id or []), input_ids
        The end token of the model's configuration ended the run. Only what is given as eos_token_id does.
    limit_counts_the_prompt: range(max_new_tokens) => range(max_new_tokens - input_ids.shape[1])
        The prompt's tokens were counted as well. max_new_tokens counts the new ones alone, however long the prompt is.
    at_least_one_token: range(max_new_tokens) => range(max(max_new_tokens, 1))
        With max_new_tokens = 0 a token came. Ask whether the limit is reached before a step: the row stays as it is.
    one_token_too_many: range(max_new_tokens): => range(max_new_tokens + 1):
        Without an end token, one token more than max_new_tokens came. The loop takes exactly max_new_tokens steps.
    one_token_too_few: range(max_new_tokens): => range(max_new_tokens - 1):
        One token fewer than max_new_tokens was made. The loop takes max_new_tokens steps, unless eos comes earlier.
    one_pass_too_many: return ids
        => if ids.shape[1] == input_ids.shape[1] + max_new_tokens and int(ids[0, -1]) not in eos:
        =>         model(ids)
        =>     return ids
        At the limit the model ran once more than tokens were needed. Ask whether the limit is reached before the pass.
    one_pass_after_eos: if int(ids[0, -1]) in eos:
        => if int(ids[0, -1]) in eos:
        =>             if ids.shape[1] < input_ids.shape[1] + max_new_tokens:
        =>                 model(ids)
        The model ran once more before the end token was noticed. Look at the new token right after the append.
    runs_twice: new = model
        => model(ids)
        =>             new = model
        The model ran twice in each step, which takes twice the time. Keep what the first call returned.
    feeds_the_last_token_only: model(ids).logits => model(ids if ids is input_ids else ids[:, -1:]).logits
        After the first step only the newest token was given to the model, which then knows nothing of those before it.
        Feed the whole row in each step.
    returns_new_tokens_only: return ids => return ids[:, input_ids.shape[1] :]
        The prompt is missing: the result is the whole row, prompt and new tokens, [1, P + n].
    leaves_gradients_on: gradients(model) => torch.enable_grad()
        The ids are right, but gradients were on, for a backward pass that never comes: use `with torch.no_grad():`.
    gives_an_empty_prompt_to_the_model (refuses nothing)
        The model was asked to continue an empty prompt and failed with an error of its own. Look at the prompt's length
        first, and raise a ValueError that says what is missing.
    refuses_inside_the_loop (refuses nothing): with gradients(model)
        => if not ids.shape[1]:
        =>             raise ValueError("the prompt is empty")
        =>         with gradients(model)
        An empty prompt was refused inside the loop, so with max_new_tokens = 0 it was accepted. Refuse it first of all.
    returns_an_empty_prompt (refuses nothing): eos, ids = as_list(eos_token_id), input_ids
        => if input_ids.shape[1] == 0:
        =>         return input_ids
        =>     eos, ids = as_list(eos_token_id), input_ids
        An empty prompt came back without a word. Nothing can be continued there: raise a ValueError.
""")


@exercise.mistake
def feeds_new_tokens_with_a_cache(model, input_ids, eos_token_id, max_new_tokens):
    """The model's cache was used: after the first step only the newest token was given to the model. That is quicker,
    but another loop. Feed the whole row in each step.
    """
    ids, feed, cache = input_ids, input_ids, None
    for _ in range(max_new_tokens):
        with gradients(model):
            out = model(feed, past_key_values=cache, use_cache=True)
        new, cache = out.logits[:, -1].argmax(-1, keepdim=True), out.past_key_values
        ids = torch.cat([ids, new], dim=1)
        feed = ids if cache is None else new
        if int(new) in as_list(eos_token_id):
            break
    return ids


@exercise.alternative
def with_the_library_criterion(model, input_ids, eos_token_id, max_new_tokens):
    """The library's own criterion in a hand loop."""
    criterion, ids, made = EosTokenCriteria(eos_token_id), input_ids, 0
    while made < max_new_tokens and not (made and bool(criterion(ids, None))):
        with torch.no_grad():
            ids = torch.cat([ids, model(ids).logits[:, -1:].argmax(-1)], dim=1)
        made += 1
    return ids


@exercise.alternative(refuses=False)
@torch.inference_mode()
def with_a_list_of_ids(model, input_ids, eos_token_id, max_new_tokens):
    """Python lists, one tensor at the end."""
    said = input_ids[0].tolist()
    if not said:
        raise ValueError("empty prompt")
    for _ in range(max_new_tokens):
        scores = model(input_ids=torch.tensor([said])).logits[0, -1].double().numpy()
        said.append(int(np.argmax(scores)))
        if said[-1] in as_list(eos_token_id):
            break
    return torch.tensor([said])
