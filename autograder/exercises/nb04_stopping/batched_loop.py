"""``batched_loop``: a greedy loop over a batch, in which each row ends for itself and is filled with pads."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb04_stopping._shared import NEW, UNUSED, as_list, first, free_runs, generate

exercise = Exercise(__name__, points=4, no_grad=True)


@exercise.refuses
def refuses(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    bad = not prompts or not prompts[0] or len({len(row) for row in prompts}) > 1
    return "the prompts must be there, not empty, and of one length" if bad else ""


@exercise.probes
def probes(rng):
    def probe(name, model, ids, eos, pad):
        prompts = ids if isinstance(ids, list) else ids.tolist()
        settings = {"eos_token_id": eos, "pad_token_id": pad, "max_new_tokens": NEW}
        return Probe(name, model=model, prompts=prompts, **settings)

    def ends(said, eos):
        return [first(row, as_list(eos)) for row in said]

    def common(said):  # a token that every row says, at three different steps
        for token in sorted(set.intersection(*map(set, said))):
            at = ends(said, token)
            if len(set(at)) == len(at) and max(at) < NEW - 1 and min(at) > 0:
                return token
        return None

    def row_0_first(prompts, said):
        return common(said) is not None and ends(said, common(said))[0] == min(ends(said, common(said)))

    def row_0_last(prompts, said):
        return common(said) is not None and ends(said, common(said))[0] == max(ends(said, common(said)))

    def one_ends(prompts, said):  # row 1 says something early that no other row says, and goes on with other tokens
        return said[1][1] not in said[0] + said[2] + said[1][:1] and len(set(said[1][1:5])) == 4

    def pad_is_said(prompts, said):  # a token of row 0 before its end, which may serve as pad
        eos = common(said)
        return eos is not None and ends(said, eos)[0] > 2 and said[0][0] not in [*said[0][1:], eos]

    def at_once(prompts, said):
        return said[0][0] not in said[1] and len(set(said[0][:4])) == 4

    a_model, a_ids, a = free_runs(rng, row_0_first, rows=3)
    b_model, b_ids, b = free_runs(rng, row_0_last, rows=3)
    c_model, c_ids, c = free_runs(rng, one_ends, rows=3)
    d_model, d_ids, d = free_runs(rng, pad_is_said, rows=2)
    e_model, e_ids, e = free_runs(rng, at_once, rows=2)
    rows = b_ids.tolist()
    yield probe("one row ends, the others go on to the limit", c_model, c_ids, c[1][1], 29)
    yield probe("all rows end, the first row first", a_model, a_ids, common(a), 29)
    yield probe("all rows end, the first row last", b_model, b_ids, common(b), 29)
    yield probe("the pad is the eos id", b_model, b_ids, common(b), common(b))
    yield probe("the pad is a token that a row says before it ends", d_model, d_ids, common(d), d[0][0])
    yield probe("several eos ids", c_model, c_ids, [UNUSED, c[1][1], c[0][2]], 29)
    yield probe("a row ends with its first token", e_model, e_ids, e[0][0], 29)
    yield probe("no row ends", c_model, c_ids, UNUSED, 29)
    yield probe("a batch of one", c_model, c_ids[1:2], c[1][1], 29)
    yield probe("prompts of different lengths are refused", b_model, [rows[0], rows[1][:-1], rows[2]], common(b), 29)
    yield probe("an empty prompt is refused", b_model, [[], []], common(b), 29)
    yield probe("no prompts at all are refused", b_model, [], common(b), 29)


@exercise.oracle
def oracle(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    settings = {"eos_token_id": eos_token_id, "pad_token_id": pad_token_id, "max_new_tokens": max_new_tokens}
    return generate(model, torch.tensor(prompts), **settings)


@exercise.reference
def reference(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    ids, eos = torch.tensor(prompts), torch.tensor(as_list(eos_token_id))
    done = torch.zeros(len(ids), dtype=torch.bool)
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, new)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done = done | torch.isin(new, eos)
        if done.all():
            break
    return ids


exercise.slips("""
    one_end_stops_all: done.all() => done.any()
        The loop ends as soon as one row has ended (any). The others lose the rest of their text: go on until all end.
    row_0_decides: done.all() => done[0]
        The loop ends when row 0 has ended. Each row has its own end: keep one flag a row, and ask whether all are set.
    keeps_talking: torch.where(done, pad_token_id, new) => new
        A row that has ended keeps talking while the others run. From the step after its eos on it gets pad_token_id.
    pads_replace_eos: return ids
        => new = ids[:, len(prompts[0]) :]
        =>     new[torch.isin(new, eos).cumsum(1) > 0] = pad_token_id
        =>     return ids
        The pads begin one step early and replace eos itself. Fill with the flags of the step before, then set the new.
    forgets_who_has_ended: done | torch.isin(new, eos) => torch.isin(new, eos)
        A row that has ended wakes up after a pad: each step sets the flags anew. Add to them: done = done | ended_now.
    pad_means_ended: done | torch.isin(new, eos) => done | torch.isin(new, eos) | (new == pad_token_id)
        A row is taken for ended because it said the token that serves as pad. Any id may serve as pad: only eos ends a
        row, and only your flags know which rows have ended.
    always_runs_to_the_limit: done.all() => False
        When all rows have ended, the loop goes on and appends columns of pads. Leave it when all flags are set.
    first_eos_id_only: torch.tensor(as_list(eos_token_id)) => torch.tensor(as_list(eos_token_id)[:1])
        Only the first of several eos ids ends a row: compare with all of them, torch.isin(new, ids).
""")


@exercise.mistake(refuses=False)
def cuts_unequal_rows(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """Unequal prompts were cut to the shortest, so the batch continues texts that nobody gave. Raise a ValueError."""
    shortest = min(map(len, prompts), default=0)
    return reference(model, [row[:shortest] for row in prompts], eos_token_id, pad_token_id, max_new_tokens)


@exercise.alternative
def live_rows_only(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """Rows that have ended are not computed any more; the padding is added at the end."""
    rows, live = [list(row) for row in prompts], list(range(len(prompts)))
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(torch.tensor([rows[i] for i in live])).logits[:, -1].argmax(-1).tolist()
        for i, token in zip(live, new, strict=True):
            rows[i].append(token)
        live = [i for i in live if rows[i][-1] not in as_list(eos_token_id)]
        if not live:
            break
    longest = max(map(len, rows))
    return torch.tensor([row + [pad_token_id] * (longest - len(row)) for row in rows])
