"""``batched_loop``: a greedy loop over a batch, in which each row ends for itself and is filled with pads."""

import torch
from transformers import EosTokenCriteria

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb04_stopping._shared import NEW, SILENT, UNUSED, as_list, generate, gradients, real_run
from genlab.judging.values import Resource
from genlab.models import probe_model

exercise = Exercise(__name__, points=5, calls=True, no_grad=True, runs="runs")
exercise.rules("""
    finish: the loop ends when all rows have ended, or after max_new_tokens: new int64 ids [B, P + n], and the prompts
        stay as they are
    own_end: a row goes on to its own first new end token, which stays, and no other token ends it; the other rows and
        the prompts do not matter
    pads: from the step after its end token on, a row holds pad_token_id, whichever id that is; to the model, a token
        with this id is like any other
    several: of a list of end tokens, each ends any row
    refuses: no prompts, empty ones, and prompts of different lengths are refused with a ValueError, whatever
        max_new_tokens says
    runs: all rows take each step together: the model runs with gradients off on the whole batch, once for each step
""")


@exercise.refuses
def refuses(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    bad = not prompts or not prompts[0] or len({len(row) for row in prompts}) > 1
    return "the prompts must be there, not empty, and of one length" if bad else ""


@exercise.probes
def probes(rng):
    eos, second, third, pad = rng.sample(range(1, SILENT), 4)
    free = [token for token in range(1, SILENT) if token not in (eos, second, third, pad)]

    def lines(*ends, width=4):
        """A line for each of ``ends``, {place: id}: place 0 is the first new token. Other ids are ``free`` ones."""
        firsts = rng.sample(free, len(ends))  # no two prompts are equal
        rows = []
        for start, end in zip(firsts, ends, strict=True):
            row = [start, *rng.sample([token for token in free if token != start], width + NEW + 1)]
            for place, token in end.items():
                row[width + place] = token
            rows.append(row)
        return rows

    def probe(rule, name, rows, width=4, n=NEW, eos=eos, pad=pad, size=31, own=None, hidden=False):
        """``own``: the end token in the model's configuration."""
        model = Resource("scripted_model", lines=rows, vocab_size=size, eos_token_id=own, otherwise=SILENT)
        settings = {"eos_token_id": eos, "pad_token_id": pad, "max_new_tokens": n}
        return Probe(name, rule=rule, hidden=hidden, model=model, prompts=[row[:width] for row in rows], **settings)

    def unequal(name, *lengths, n=NEW, hidden=False):
        model = Resource("scripted_model", lines=(rows := lines(*[{2: eos}] * len(lengths))), vocab_size=31)
        prompts = [row[:length] for row, length in zip(rows, lengths, strict=True)]
        settings = {"eos_token_id": eos, "pad_token_id": pad, "max_new_tokens": n}
        return Probe(name, rule="refuses", hidden=hidden, model=model, prompts=prompts, **settings)

    def real_weights(name, rows, pad, hidden=False):
        """A row ends with the last step: that nothing is computed for rows that have ended is allowed."""
        model, ids, said = real_run(rng, rows=rows)
        n = rng.randrange(2, 4)
        settings = {"eos_token_id": said[0][n - 1], "pad_token_id": pad, "max_new_tokens": n}
        return Probe(name, rule="runs", hidden=hidden, model=model, prompts=ids.tolist(), **settings)

    def pad_in_the_prompt(name, rows, hidden=False):
        """Under a mask that leaves out the pads' id, the last row goes on in another way."""
        while True:
            model, ids, said = real_run(rng, rows=rows)
            model, pad = Resource("probe_model", seed=model.settings["seed"], vocab_size=31), int(ids[-1, 1])
            real = probe_model(**model.settings)
            best = [real(ids, attention_mask=mask).logits[-1, -1] for mask in (ids == ids, ids != pad)]
            alive = said[0][1] not in said[-1]
            if alive and best[1].argmax() != best[0].argmax() and best[1].topk(2).values.diff().abs() > 0.05:
                settings = {"eos_token_id": said[0][1], "pad_token_id": pad, "max_new_tokens": 4}
                return Probe(name, rule="pads", hidden=hidden, model=model, prompts=ids.tolist(), **settings)

    soon, later, last = rng.randrange(1, 4), rng.randrange(4, 6), rng.randrange(6, 9)
    # Where ``finish`` is not asked for, one row goes on to the limit.
    talks = {last: third}  # it never says ``eos``
    big = [[token + 25 for token in row] for row in lines({soon: eos}, talks, width=1)]  # ids 26 to 53

    yield probe("finish", "no row ends", lines({}, {}), n=last)
    yield probe("own_end", "one row ends, the others go on", lines(talks, {soon: eos}, talks))
    yield probe("own_end", "the first row ends with its first new token", lines({0: eos}, talks))
    yield probe("own_end", "the end token stands in the prompts, too", lines({-2: eos, later: eos}, talks | {-1: eos}))
    yield probe("own_end", "the end token is the id 0", lines(talks, {soon: 0}, {last: 0}), n=9, eos=0)
    yield probe(
        "own_end", "the model's own end token is another one", lines({0: third}, {1: third, later: eos}), own=third
    )
    yield probe("own_end", "the model has an end token, no row says eos", lines({1: third}, {}), own=third, hidden=True)
    yield probe("own_end", "a row repeats itself, then ends", lines(talks, {0: third, 1: third, 4: eos}), hidden=True)
    yield probe("own_end", "five rows", lines({last: eos}, talks, {0: eos}, {later: eos}, talks), hidden=True)
    yield probe("own_end", "prompts of one token", big, 1, eos=eos + 25, pad=pad + 25, size=55, hidden=True)
    yield probe("pads", "a row that has ended is filled up", lines({soon: eos}, talks, {later: eos}))
    yield probe("pads", "the pad is the end token", lines(talks, {soon: eos}), pad=eos)
    yield probe("pads", "the pad is a token that a row says before its end", lines({0: pad, later: eos}, talks))
    yield probe("pads", "the pad is the id 0", lines({soon: eos}, talks), pad=0)
    yield pad_in_the_prompt("the pad is a token of a prompt, a model with weights", 2)
    yield pad_in_the_prompt("the pad is a token of a prompt, three rows and weights", 3, hidden=True)
    yield probe("pads", "a row says the pad in the step before its end", lines(talks, {2: pad, 3: eos}), hidden=True)
    yield probe("pads", "the pad is the last token of a prompt", lines({-1: pad, later: eos}, talks), hidden=True)
    yield probe("finish", "all rows end, the first row last", lines({last: eos}, {soon: eos}, {later: eos}))
    yield probe("finish", "all rows end, the first row first", lines({soon: eos}, {last: eos}, {later: eos}))
    yield probe("finish", "a batch of one", lines({later: eos}))
    yield probe("finish", "max_new_tokens of 0", lines({0: eos}, {}, {-1: eos}), n=0)
    yield probe("finish", "all rows end at once", lines({soon: eos}, {soon: eos}), hidden=True)
    yield probe("finish", "the last row ends on the last step allowed", lines({soon: eos}, {5: eos}), n=6, hidden=True)
    yield probe("finish", "one step", lines({0: eos}, {1: eos}), n=1, hidden=True)
    each = lines({soon: third}, {later: eos}, {9: second})
    yield probe("several", "each row ends with another of three", each, eos=[eos, second, third])
    yield probe("several", "of two, one never comes", lines({soon: eos}, talks, {last: eos}), eos=[UNUSED, eos])
    yield probe("several", "a list of one", lines(talks, {later: eos}), eos=[eos])
    yield probe("several", "the id 0 is one of them", lines(talks, {later: 0}, {soon: eos}), eos=[0, eos], hidden=True)
    yield probe("several", "two for two rows", lines({soon: second}, {9: eos}), eos=[eos, second], hidden=True)
    yield probe("several", "the pad is one of them", lines({soon: eos}, {}), eos=[pad, eos], hidden=True)
    yield unequal("prompts of different lengths", 4, 3, 4)
    yield unequal("empty prompts", 0, 0)
    yield unequal("no prompts at all")
    yield unequal("empty prompts, max_new_tokens of 0", 0, 0, n=0)
    yield unequal("different lengths, max_new_tokens of 0", 2, 4, n=0, hidden=True)
    yield unequal("no prompts, max_new_tokens of 0", n=0, hidden=True)
    yield unequal("only the last prompt is longer", 3, 3, 3, 4, hidden=True)
    yield unequal("one of the prompts is empty", 2, 0, hidden=True)
    yield unequal("one empty prompt", 0, hidden=True)
    yield real_weights("two rows", 2, 0)
    yield real_weights("three rows", 3, UNUSED, hidden=True)
    yield real_weights("a batch of one, with weights", 1, 0, hidden=True)


@exercise.oracle
def oracle(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    settings = {"eos_token_id": eos_token_id, "pad_token_id": pad_token_id, "max_new_tokens": max_new_tokens}
    return generate(model, torch.tensor(prompts), **settings) if max_new_tokens else torch.tensor(prompts)


@exercise.reference
def reference(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    ids, eos = torch.tensor(prompts), torch.tensor(as_list(eos_token_id))
    done = torch.zeros(len(ids), dtype=torch.bool)
    for _ in range(max_new_tokens):
        with gradients(model):
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
    last_row_decides: done.all() => done[-1]
        The loop ends when the last row has ended. Each row has its own end: keep one flag a row, ask for all of them.
    keeps_talking: torch.where(done, pad_token_id, new) => new
        A row that has ended keeps talking while the others run. From the step after its eos on it gets pad_token_id.
    repeats_eos: torch.where(done, pad_token_id, new) => torch.where(done, ids[:, -1], new)
        A row that has ended goes on with its end token. What fills it up is pad_token_id, which may be another id.
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
    eos_or_pad_before_means_ended: torch.where(done, pad_token_id, new)
        => torch.where(torch.isin(ids[:, -1], eos) | (ids[:, -1] == pad_token_id), pad_token_id, new)
        Whether a row has ended was read off its last token, prompt and pads included. A prompt may end in any token,
        and a row may say the pad before its end: keep a flag for each row.
    searches_the_prompt: torch.zeros(len(ids), dtype=torch.bool) => torch.isin(ids, eos).any(1)
        Rows whose prompt holds the end token were taken for ended. Only a new token ends a row: begin with all flags
        unset, and look at the newest token only.
    a_prompt_that_ends_in_eos: torch.zeros(len(ids), dtype=torch.bool) => torch.isin(ids[:, -1], eos)
        A row whose prompt ends in the end token was taken for ended before it said anything. Only a new token ends a
        row: begin with all flags unset.
    hides_the_pads_id: model(ids) => model(ids, attention_mask=(ids != pad_token_id).long())
        A mask hid every token with the pad's id from the model. Such a token may be real, in a prompt or said by a row,
        and nothing stands behind pads that are real pads: these prompts need no mask.
    models_own_end_token: torch.tensor(as_list(eos_token_id))
        => torch.tensor(as_list(eos_token_id) + as_list(model.config.eos_token_id or []))
        The end token of the model's configuration ended a row. Only what is given as eos_token_id does.
    pad_0_becomes_eos: torch.where(done, pad_token_id, new) => torch.where(done, pad_token_id or eos[0], new)
        The pad 0 was replaced by the end token: 0 is false in Python. 0 is an id like any other.
    pad_0_is_no_pad: torch.where(done, pad_token_id, new) => torch.where(done, pad_token_id or new, new)
        The pad 0 was taken for "no pad": 0 is false in Python. 0 is an id like any other.
    returns_new_tokens_only: return ids => return ids[:, len(prompts[0]) :]
        The prompts are missing: the result is the whole rows, prompts and new tokens, [B, P + n].
    id_0_is_no_end: torch.tensor(as_list(eos_token_id)) => torch.tensor(as_list(eos_token_id or UNUSED))
        The end token 0 was taken for "no end token": 0 is false in Python. 0 is an id like any other.
    always_runs_to_the_limit: done.all() => False
        When all rows have ended, the loop goes on and appends columns of pads. Leave it when all flags are set.
    one_step_too_many: range(max_new_tokens) => range(max_new_tokens + 1)
        One step more than max_new_tokens was made. The loop takes max_new_tokens steps, unless all rows end earlier.
    one_column_too_many: done = done | torch.isin(new, eos)
        => over, done = done, done | torch.isin(new, eos)
        =>         if over.all():
        =>             break
        =>         continue
        A last column of pads was added: the flags were looked at before they knew of the newest tokens. Bring them up
        to date after the append, then ask whether all are set.
    at_least_one_step: range(max_new_tokens) => range(max(max_new_tokens, 1))
        With max_new_tokens = 0 a step was made. Ask whether the limit is reached before a step: the rows stay as they
        are.
    one_step_too_few: range(max_new_tokens) => range(max_new_tokens - 1)
        One step fewer than max_new_tokens was made. The loop takes max_new_tokens steps, unless all rows end earlier.
    first_eos_id_only: torch.tensor(as_list(eos_token_id)) => torch.tensor(as_list(eos_token_id)[:1])
        Only the first of several eos ids ends a row: compare with all of them, torch.isin(new, ids).
    compares_with_the_list: torch.isin(new, eos) => (new == eos_token_id)
        The new tokens are compared with eos_token_id by ==. A tensor equals no list, so a list of end tokens ends no
        row: compare with each of them, torch.isin(new, ids).
    compares_place_by_place: torch.isin(new, eos) => (new == eos)
        A tensor of end tokens was compared with the new tokens by ==, which takes the first row with the first id, the
        second row with the second. Any id ends any row: torch.isin(new, ids).
    leaves_gradients_on: gradients(model) => torch.enable_grad()
        The ids are right, but gradients were on, for a backward pass that never comes: use `with torch.no_grad():`.
    refuses_inside_the_loop (refuses nothing): with gradients(model)
        => if not prompts or not prompts[0]:
        =>             raise ValueError("there is nothing to continue")
        =>         with gradients(model)
        Bad prompts were refused inside the loop, so with max_new_tokens = 0 they were accepted. Refuse them first of
        all.
    gives_empty_prompts_to_the_model (refuses nothing)
        Prompts of different lengths are refused by torch.tensor, but not empty ones or none at all: these break the
        model. Look at the prompts first, and raise a ValueError that says what is missing.
    ends_with_the_limit: return ids
        => if max_new_tokens and not done.all():
        =>         ids[:, -1] = ids[:, -1].where(done, eos[0])
        =>     return ids
        At the limit, a row that had not ended got an end token in place of its own last one. The limit ends a row
        without a word: its last token stays the one that the model chose.
""")


@exercise.mistake(refuses=False)
def cuts_unequal_rows(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """Unequal prompts were cut to the shortest, so the batch continues texts that nobody gave. Raise a ValueError."""
    if not prompts or not min(map(len, prompts)):
        raise ValueError("a prompt is missing")
    shortest = min(map(len, prompts))
    return reference(model, [row[:shortest] for row in prompts], eos_token_id, pad_token_id, max_new_tokens)


@exercise.mistake(refuses=False)
def pads_unequal_rows(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """Unequal prompts were filled up with pads, which the model takes for text without a mask. Raise a ValueError."""
    longest = max(map(len, prompts), default=0)
    rows = [[pad_token_id] * (longest - len(row)) + row for row in prompts]
    return reference(model, rows, eos_token_id, pad_token_id, max_new_tokens)


@exercise.mistake(refuses=False)
def nothing_for_no_prompts(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """For prompts that hold nothing, nothing came back. That is a mistake of the caller: raise a ValueError."""
    if not any(prompts):
        return torch.tensor(prompts, dtype=torch.int64)
    return reference(model, prompts, eos_token_id, pad_token_id, max_new_tokens)


@exercise.mistake
def row_by_row(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """The ids are right, but each row had a run of its own. That is no batch, and takes a pass for each row and step:
    give the model all rows at once, and let them take each step together.
    """
    rows = [reference(model, [row], eos_token_id, pad_token_id, max_new_tokens)[0].tolist() for row in prompts]
    longest = max(map(len, rows))
    return torch.tensor([row + [pad_token_id] * (longest - len(row)) for row in rows])


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


@exercise.alternative
def with_lists(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """Python lists and a set of the rows that go on."""
    rows, live = [list(row) for row in prompts], set(range(len(prompts)))
    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(torch.tensor(rows)).logits[:, -1].argmax(-1).tolist()
        for i, row in enumerate(rows):
            row.append(best[i] if i in live else pad_token_id)
        live = {i for i in live if rows[i][-1] not in as_list(eos_token_id)}
        if not live:
            break
    return torch.tensor(rows)


@exercise.alternative
@torch.inference_mode()
def with_the_library_criterion(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """The library's own criterion; rows that have ended are overwritten in place."""
    ids, ended = torch.tensor(prompts), EosTokenCriteria(eos_token_id)
    done = torch.full((len(prompts),), False)
    while ids.shape[1] < len(prompts[0]) + max_new_tokens and not bool(done.all()):
        new = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[:, -1].double().argmax(-1)
        new[done] = pad_token_id
        ids = torch.hstack([ids, new.unsqueeze(1)])
        done |= ended(ids, None)
    return ids.clone()
