"""``stop_reason``: say why each row of a batch ended."""

from functools import partial

import torch
from transformers import EosTokenCriteria, MaxLengthCriteria, StopStringCriteria

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import TOKENIZER
from autograder.exercises.nb04_stopping._shared import EOS, NAMES, PETS, as_list, first, storyteller_tokenizer

exercise = Exercise(__name__, points=3)


@exercise.refuses
def refuses(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    return "" if new_ids.shape[1] else "nothing was generated, so nothing has stopped"


@exercise.probes
def probes(rng):
    name, pet = rng.choice(NAMES), rng.choice(PETS)
    encode = storyteller_tokenizer().encode
    ended = [*encode(f" had a {pet}."), EOS]
    quoted = encode(f" said: {name} had a {pet}. The")  # ends with the token that completes ". T"
    open_end = encode(
        f" had a {pet} and a ball and the {pet} and the ball were all in the park with {name} and the dog"
    )
    at_limit = [*encode(f" {name} had a {pet}"), EOS]
    n = len(quoted) + 3

    def batch(*rows, width=n, pad=EOS):
        return torch.tensor([row[:width] + [pad] * (width - len(row)) for row in rows])

    three = batch(ended, quoted, open_end)
    probe = partial(Probe, tokenizer=TOKENIZER, new_ids=three, eos_token_id=EOS, stops=[". T"], max_new_tokens=n)
    yield probe("eos, stop string, limit: a row of each")
    yield probe("the pad is another token than eos", new_ids=batch(ended, quoted, open_end, pad=0))
    for what, row in {"eos": at_limit, "the stop string": quoted}.items():
        label = f"{what} comes on the last step that the limit allows"
        yield probe(label, new_ids=torch.tensor([row]), max_new_tokens=len(row))
    early = batch(open_end, ended, width=9)
    yield probe("the clock stopped a batch before its limit", new_ids=early, max_new_tokens=n + 40)
    had = batch(encode(f" had a {pet}"), width=4, pad=0)
    yield probe("several eos ids", new_ids=had, eos_token_id=[EOS, encode(f" {pet}")[0]])
    yield probe("no stop strings", new_ids=batch(ended, open_end), stops=[])
    yield probe("several stop strings", new_ids=batch(quoted, open_end), stops=["no such text", "ball"])
    yield probe("a stopped row is filled with eos", new_ids=batch(quoted, open_end))
    yield probe("a batch with no new ids is refused", new_ids=torch.zeros(2, 0, dtype=torch.int64))


@exercise.oracle
def oracle(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    criteria = {"length": MaxLengthCriteria(max_new_tokens)}
    if stops:
        criteria["stop_string"] = StopStringCriteria(tokenizer, stops)
    criteria["eos"] = EosTokenCriteria(eos_token_id)
    reasons = ["time"] * len(new_ids)
    for end in range(new_ids.shape[1], 0, -1):  # the earliest step is written last, eos over all others
        for reason, criterion in criteria.items():
            stopped = criterion(new_ids[:, :end], None).tolist()
            reasons = [reason if now else later for now, later in zip(stopped, reasons, strict=True)]
    return reasons


@exercise.reference
def reference(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    eos = as_list(eos_token_id)
    reasons = []
    for row in new_ids.tolist():
        end = first(row, eos)
        text = tokenizer.decode(row[:end])
        if any(stop in text for stop in stops):
            reason = "stop_string"
        elif end is not None:
            reason = "eos"
        else:
            reason = "length" if new_ids.shape[1] == max_new_tokens else "time"
        reasons.append(reason)
    return reasons


@exercise.alternative
def token_by_token(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """Read each row from its beginning; what comes first is the reason."""

    def reason(row):
        for end, token in enumerate(row, start=1):
            if token in as_list(eos_token_id):
                return "eos"
            if any(stop in tokenizer.decode(row[:end]) for stop in stops):
                return "stop_string"
        return "length" if len(row) >= max_new_tokens else "time"

    return [reason(row) for row in new_ids.tolist()]


exercise.slips("""
    width_of_the_batch: append(reason) => append("length" if len(row) == max_new_tokens else reason)
        The batch's width was taken for a row's length: rows that ended early are filled with pads. Find each row's end.
    pads_taken_for_eos: append(reason) => append(reason if end is None else "eos")
        A row that a stop string ended is filled with pads, and the pad is eos here: these were taken for its end.
        What comes first in the row is the reason.
    last_column_only: first(row, eos) => first(row[-1:], eos)
        Only the last column was looked at. Rows that ended early have pads there, of any id: search the whole row.
    forgets_the_clock: "length" if new_ids.shape[1] == max_new_tokens else "time" => "length"
        A row without eos and stop string that is shorter than max_new_tokens was reported as stopped by the limit.
        The limit was not reached: something outside stopped it, here the clock.
    stop_string_by_ids: any(stop in text for stop in stops)
        => any(ids == row[i : i + len(ids)] for ids in map(tokenizer.encode, stops) for i in range(len(row)))
        The stop string was searched for as ids. In a text the same characters may be other tokens: search decoded text.
    first_eos_only: as_list(eos_token_id) => as_list(eos_token_id)[:1]
        Only one of several eos ids was looked for. Any of them ends a row.
    one_reason_for_all: return reasons => return reasons[:1] * len(reasons)
        One reason was found and given to all rows. Each row has a reason of its own.
    length_first: new_ids.tolist() => new_ids[:, : max_new_tokens - 1].tolist()
        A row that ended on the last step that the limit allows was reported as cut off. It is complete: ask for eos and
        stop strings first, for the limit last.
""")
