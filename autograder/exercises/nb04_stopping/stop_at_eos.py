"""``stop_at_eos``: a greedy loop over one row that ends when the model says an eos id."""

import torch
from transformers import EosTokenCriteria

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb04_stopping._shared import NEW, UNUSED, as_list, first, free_runs, generate

exercise = Exercise(__name__, points=3, calls=True, no_grad=True)


@exercise.refuses
def refuses(model, input_ids, eos_token_id, max_new_tokens):
    return "" if input_ids.shape[1] else "the prompt is empty: there is nothing to continue"


@exercise.probes
def probes(rng):
    def probe(name, model, ids, eos, n=NEW):
        return Probe(name, model=model, input_ids=ids, eos_token_id=eos, max_new_tokens=n)

    def varied(prompts, said):  # new tokens keep coming, so that stopping late shows
        return len(set(said[0][:6])) == 6

    def again(prompts, said):  # it says a token of its prompt, neither at once nor at the end
        return varied(prompts, said) and (first(said[0], prompts[0][:-1]) or NEW) in range(2, NEW - 2)

    def last_again(prompts, said):
        return varied(prompts, said) and (first(said[0], prompts[0][-1:]) or NEW) in range(2, NEW - 2)

    model, ids, (said,) = free_runs(rng, varied)
    again_model, again_ids, (again_said,) = free_runs(rng, again)
    last_model, last_ids, _ = free_runs(rng, last_again)
    repeated = again_said[first(again_said, again_ids[0, :-1].tolist())]
    yield probe("one eos id", model, ids, said[3])
    yield probe("eos is the first new token", model, ids, said[0])
    yield probe("several eos ids: any of them ends the run", model, ids, [UNUSED, said[4]])
    yield probe("several eos ids: the first to come ends it", model, ids, [said[5], said[2]])
    yield probe("eos also stands inside the prompt", again_model, again_ids, repeated)
    yield probe("the prompt ends in eos", last_model, last_ids, int(last_ids[0, -1]))
    yield probe("eos is the last token allowed", model, ids, said[5], n=6)
    yield probe("eos never comes", model, ids, UNUSED)
    yield probe("an empty prompt is refused", model, torch.zeros(1, 0, dtype=torch.int64), said[0])


@exercise.oracle
def oracle(model, input_ids, eos_token_id, max_new_tokens):
    return generate(model, input_ids, eos_token_id=eos_token_id, max_new_tokens=max_new_tokens)


@exercise.reference
def reference(model, input_ids, eos_token_id, max_new_tokens):
    eos, ids = as_list(eos_token_id), input_ids
    for _ in range(max_new_tokens):
        with torch.no_grad():
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
        => end = first(ids[0, input_ids.shape[1] :].tolist(), eos)
        =>         if end is not None and ids.shape[1] == input_ids.shape[1] + max_new_tokens:
        =>             ids = ids[:, : input_ids.shape[1] + end + 1]
        The result is right, but all max_new_tokens steps were run. Leave the loop as soon as eos comes: it saves time.
    ignores_eos: int(ids[0, -1]) in eos => False
        The run always makes max_new_tokens tokens: the token just appended is never compared with eos_token_id.
""")


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
def with_a_list_of_ids(model, input_ids, eos_token_id, max_new_tokens):
    """Python lists, one tensor at the end."""
    said = input_ids[0].tolist()
    if not said:
        raise ValueError("empty prompt")
    for _ in range(max_new_tokens):
        with torch.no_grad():
            said.append(int(model(input_ids=torch.tensor([said])).logits[0, -1].argmax()))
        if said[-1] in as_list(eos_token_id):
            break
    return torch.tensor([said])
