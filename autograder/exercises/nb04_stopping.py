"""Exercises of ``04_stopping``."""

import random
from collections.abc import Callable, Iterable, Iterator

import torch
from transformers import EosTokenCriteria, MaxLengthCriteria, StoppingCriteria, StopStringCriteria
from transformers.generation.streamers import BaseStreamer

from autograder.exercises.base import Exercise, Probe
from genlab.checks.values import Resource
from genlab.models import RESOURCES, ScriptedModel, probe_model

TOKENIZER = Resource("tokenizer")
VOCABULARY, EOS = 2048, 2047  # of the storyteller's tokenizer


def _tokenizer():
    return RESOURCES["tokenizer"]()


def _generate(model, ids: torch.Tensor, **settings) -> torch.Tensor:
    """Greedy ``model.generate`` without padding; ``use_cache=False`` makes its calls those of a plain loop."""
    defaults = {"attention_mask": torch.ones_like(ids), "pad_token_id": 0, "eos_token_id": None, "use_cache": False}
    return model.generate(ids, **defaults | settings)


def _recite(line: list[int], eos: int | None = None, **settings) -> ScriptedModel:
    return ScriptedModel([line], VOCABULARY, eos_token_id=eos, **settings)


def _first(ids: list[int], stops: Iterable[int]) -> int | None:
    """Index of the first element of ``ids`` that is one of ``stops``."""
    return next((i for i, token in enumerate(ids) if token in set(stops)), None)


def _as_list(ids: int | list[int]) -> list[int]:
    return [ids] if isinstance(ids, int) else list(ids)


# --- 1 · how long is the result -----------------------------------------------------------------------------------

generated_length = Exercise("generated_length", points=2)


@generated_length.probes
def _(rng: random.Random) -> list[Probe]:
    def probe(name, prompt_length, max_new_tokens=None, max_length=None, eos_at=None, n_positions=256, weight=1.0):
        return Probe(
            name,
            prompt_length=prompt_length,
            max_new_tokens=max_new_tokens,
            max_length=max_length,
            eos_at=eos_at,
            n_positions=n_positions,
            weight=weight,
        )

    p, n = rng.randrange(6, 15), rng.randrange(3, 6)
    return [
        probe("max_new_tokens counts the new tokens", p, max_new_tokens=n),
        probe("max_length counts prompt and new tokens", p, max_length=p + n),
        probe("both, max_length is larger", p, max_new_tokens=n, max_length=p + n + 7),
        probe("both, max_length is smaller", p, max_new_tokens=n, max_length=p + n - 2),
        probe("neither is given", p),
        probe("neither, near the end of the context", 57, n_positions=64),
        probe("eos comes before the limit", p, max_new_tokens=n + 20, eos_at=n),
        probe("eos comes as the very first token", p, max_length=p + n, eos_at=1),
        probe("eos is the last token allowed", p, max_new_tokens=n, eos_at=n),
        probe("eos would come after the limit", p, max_new_tokens=n, eos_at=n + 1),
        probe("eos before the default limit", p, eos_at=rng.randrange(2, 19)),
        probe("a prompt as long as max_length is refused", p, max_length=p),
        probe("a prompt longer than max_length is refused", p, max_length=p - 1),
        probe("a prompt that fills the context is refused by the default limit", 64, n_positions=64),
        probe("max_new_tokens of 0 is refused", p, max_new_tokens=0),
    ]


@generated_length.oracle
def oracle_generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    line = [1] * prompt_length + ([2] * (eos_at - 1) + [3] if eos_at else [])
    model = ScriptedModel([line], vocab_size=4, n_positions=n_positions, eos_token_id=3, otherwise=2)
    limits = {"max_new_tokens": max_new_tokens, "max_length": max_length}
    limits = {name: value for name, value in limits.items() if value is not None}
    ids = torch.ones(1, prompt_length, dtype=torch.int64)
    out = model.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=0, **limits)
    return out.shape[1] - prompt_length


def _room(prompt_length, max_new_tokens, max_length, n_positions) -> int:
    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = max_length - prompt_length
    else:
        room = min(20, n_positions - prompt_length)
    if room < 1:
        raise ValueError(f"no room for a new token after a prompt of {prompt_length}")
    return room


def _until_eos(room, eos_at) -> int:
    return room if eos_at is None else min(room, eos_at)


@generated_length.alternative
def by_arithmetic(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """The rules, without a model."""
    return _until_eos(_room(prompt_length, max_new_tokens, max_length, n_positions), eos_at)


@generated_length.alternative
def by_total_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """As the library does it: everything becomes a maximum total length first."""
    total = min(prompt_length + 20, n_positions) if max_length is None else max_length
    if max_new_tokens is not None:
        total = prompt_length + max_new_tokens
    if total <= prompt_length:
        raise ValueError("the prompt alone is as long as the limit")
    return min(total - prompt_length, eos_at or total)


@generated_length.misconception
def swaps_the_two_limits(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """The two limits are swapped. max_new_tokens counts the new tokens only; max_length counts the prompt and the new
    tokens together."""
    total = max_new_tokens if max_new_tokens is not None else None
    return _until_eos(_room(prompt_length, max_length, total, n_positions), eos_at)


@generated_length.misconception
def max_length_counts_new_tokens(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """max_length was read as a number of new tokens. It counts the prompt as well: with max_length=30, a prompt of
    25 tokens leaves room for 5."""
    new = max_new_tokens if max_new_tokens is not None else max_length
    return _until_eos(_room(prompt_length, new, None, n_positions), eos_at)


@generated_length.misconception
def max_length_wins(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """When both limits are given, max_new_tokens wins, whatever max_length says."""
    new = max_new_tokens if max_length is None else None
    return _until_eos(_room(prompt_length, new, max_length, n_positions), eos_at)


@generated_length.misconception
def the_tighter_limit_wins(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """When both limits are given, the smaller one was taken. They are not combined: max_new_tokens wins and
    max_length is ignored, with a warning."""
    rooms = [_room(prompt_length, max_new_tokens, max_length, n_positions)]
    if max_new_tokens is not None and max_length is not None:
        rooms.append(_room(prompt_length, None, max_length, n_positions))
    return _until_eos(min(rooms), eos_at)


@generated_length.misconception
def does_not_count_eos(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """eos is a token like any other: it is appended, stays in the result and is counted."""
    room = _room(prompt_length, max_new_tokens, max_length, n_positions)
    return room if eos_at is None or eos_at > room else eos_at - 1


@generated_length.misconception
def default_is_20_in_all(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """Without a limit, 20 was taken as the length of everything. Today it is 20 new tokens after the prompt (in old
    versions of the library it was 20 in all)."""
    if max_new_tokens is None and max_length is None:
        max_length = 20
    return _until_eos(_room(prompt_length, max_new_tokens, max_length, n_positions), eos_at)


@generated_length.misconception
def default_has_no_limit(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """Without a limit, the run does not go on to the end of the context: the default is 20 new tokens."""
    if max_new_tokens is None and max_length is None:
        max_length = n_positions
    return _until_eos(_room(prompt_length, max_new_tokens, max_length, n_positions), eos_at)


@generated_length.misconception
def default_leaves_the_context(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """The default of 20 new tokens is cut at the end of the context: prompt and new tokens together are at most
    n_positions."""
    if max_new_tokens is None and max_length is None:
        max_new_tokens = 20
    return _until_eos(_room(prompt_length, max_new_tokens, max_length, n_positions), eos_at)


@generated_length.misconception
def returns_the_total(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """That is the length of the whole result. Asked for is the number of new tokens, without the prompt."""
    return prompt_length + by_arithmetic(prompt_length, max_new_tokens, max_length, eos_at, n_positions)


@generated_length.misconception
def no_room_means_zero(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """A limit that leaves no room for a new token is a mistake of the caller, and generate says so: raise a
    ValueError instead of returning 0."""
    try:
        return by_arithmetic(prompt_length, max_new_tokens, max_length, eos_at, n_positions)
    except ValueError:
        return 0


# --- 2 · the end-of-sequence token --------------------------------------------------------------------------------

stop_at_eos = Exercise("stop_at_eos", points=3, facets=("calls", "no_grad"))
NEW = 10  # what a probe model is asked for
UNUSED = 30  # the last id of a probe model's vocabulary; no run below says it


def _free_runs(
    rng: random.Random, wanted: Callable[[list, list], bool], rows: int = 1, width: int = 4
) -> tuple[int, torch.Tensor, list[list[int]]]:
    """``(seed, prompts [rows, width], what each row says when nothing stops it)`` that please ``wanted``.

    ``wanted(prompts, said)`` gets lists. Many prompts are tried with one model. Only decided rows are taken: at each
    step the best token leads by 0.05, so that no rounding can change it.
    """
    for _ in range(500):
        seed = rng.randrange(1_000_000)
        ids = torch.tensor([[rng.randrange(UNUSED) for _ in range(width)] for _ in range(128)])
        limits = {"max_new_tokens": NEW, "output_logits": True, "return_dict_in_generate": True, "use_cache": True}
        out = _generate(probe_model(seed), ids, **limits)
        best = torch.stack(out.logits).topk(2).values
        decided = (best[..., 0] - best[..., 1]).amin(0) > 0.05
        decided &= (out.sequences[:, width:] != UNUSED).all(1)
        usable = out.sequences[decided].tolist()
        for start in range(0, len(usable) - rows + 1, rows):
            group = usable[start : start + rows]
            prompts, said = [row[:width] for row in group], [row[width:] for row in group]
            if wanted(prompts, said):
                return seed, torch.tensor(prompts), said
    raise AssertionError("no model says what this probe needs")


def _model(seed: int) -> Resource:
    return Resource("probe_model", seed=seed)


@stop_at_eos.probes
def _(rng: random.Random) -> list[Probe]:
    def probe(name, seed, ids, eos, weight=1.0, n=NEW):
        return Probe(name, model=_model(seed), input_ids=ids, eos_token_id=eos, max_new_tokens=n, weight=weight)

    def varied(prompts, said):  # new tokens keep coming, so that stopping late shows
        return len(set(said[0][:6])) == 6

    def again(prompts, said):  # it says a token of its prompt, neither at once nor at the end
        return varied(prompts, said) and (_first(said[0], prompts[0][:-1]) or NEW) in range(2, NEW - 2)

    def last_again(prompts, said):
        return varied(prompts, said) and (_first(said[0], prompts[0][-1:]) or NEW) in range(2, NEW - 2)

    seed, ids, (said,) = _free_runs(rng, varied)
    again_seed, again_ids, (again_said,) = _free_runs(rng, again)
    last_seed, last_ids, _ = _free_runs(rng, last_again)
    repeated = again_said[_first(again_said, again_ids[0, :-1].tolist())]
    return [
        probe("one eos id", seed, ids, said[3]),
        probe("eos is the first new token", seed, ids, said[0]),
        probe("several eos ids: any of them ends the run", seed, ids, [UNUSED, said[4]], weight=2),
        probe("several eos ids: the first to come ends it", seed, ids, [said[5], said[2]]),
        probe("eos also stands inside the prompt", again_seed, again_ids, repeated, weight=2),
        probe("the prompt ends in eos", last_seed, last_ids, int(last_ids[0, -1]), weight=2),
        probe("eos is the last token allowed", seed, ids, said[5], n=6),
        probe("eos never comes", seed, ids, UNUSED),
        probe("an empty prompt is refused", seed, torch.zeros(1, 0, dtype=torch.int64), said[0]),
    ]


@stop_at_eos.oracle
def oracle_stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("the prompt is empty: there is nothing to continue")
    return _generate(model, input_ids, eos_token_id=eos_token_id, max_new_tokens=max_new_tokens)


def _loop(model, ids, n, ends, keep_eos=True) -> torch.Tensor:
    """Greedy loop over one row that ends when ``ends(ids)``, asked after each new token."""
    if ids.shape[1] == 0:
        raise ValueError("empty prompt")
    with torch.no_grad():
        for _ in range(n):
            new = model(ids).logits[:, -1].argmax(-1, keepdim=True)
            longer = torch.cat([ids, new], dim=1)
            if ends(longer):
                return longer if keep_eos else ids
            ids = longer
    return ids


@stop_at_eos.alternative
def with_the_library_criterion(model, input_ids, eos_token_id, max_new_tokens):
    """The library's own criterion in a hand loop."""
    criterion = EosTokenCriteria(eos_token_id)
    return _loop(model, input_ids, max_new_tokens, lambda ids: bool(criterion(ids, None)))


@stop_at_eos.alternative
def with_a_list_of_ids(model, input_ids, eos_token_id, max_new_tokens):
    """Python lists, one tensor at the end."""
    said = input_ids[0].tolist()
    if not said:
        raise ValueError("empty prompt")
    for _ in range(max_new_tokens):
        with torch.no_grad():
            said.append(int(model(input_ids=torch.tensor([said])).logits[0, -1].argmax()))
        if said[-1] in _as_list(eos_token_id):
            break
    return torch.tensor([said])


@stop_at_eos.misconception
def list_as_a_sequence(model, input_ids, eos_token_id, max_new_tokens):
    """A list of eos ids was read as a sequence that must come in this order. Each id in the list ends the run by
    itself."""
    wanted = _as_list(eos_token_id)
    return _loop(model, input_ids, max_new_tokens, lambda ids: ids[0, -len(wanted) :].tolist() == wanted)


@stop_at_eos.misconception
def only_the_first_id(model, input_ids, eos_token_id, max_new_tokens):
    """Only the first id of the list ends the run. Models with a chat format have several: any of them ends it."""
    return _loop(model, input_ids, max_new_tokens, lambda ids: int(ids[0, -1]) == _as_list(eos_token_id)[0])


@stop_at_eos.misconception
def eos_in_the_prompt_stops(model, input_ids, eos_token_id, max_new_tokens):
    """The whole row is searched for eos, so an eos in the prompt ends the run after one token. Only the newest
    token counts."""
    return _loop(
        model, input_ids, max_new_tokens, lambda ids: _first(ids[0].tolist(), _as_list(eos_token_id)) is not None
    )


@stop_at_eos.misconception
def asks_before_the_first_token(model, input_ids, eos_token_id, max_new_tokens):
    """The loop looks at the last token before it has made one, so a prompt that ends in eos gets no continuation. Ask
    after the append."""
    if input_ids.shape[1] and int(input_ids[0, -1]) in _as_list(eos_token_id):
        return input_ids
    return with_a_list_of_ids(model, input_ids, eos_token_id, max_new_tokens)


@stop_at_eos.misconception
def drops_eos(model, input_ids, eos_token_id, max_new_tokens):
    """The eos token is missing from the result: append first, then ask. generate keeps eos in its output, and decoding
    with skip_special_tokens=True leaves it out of the text."""
    eos = _as_list(eos_token_id)
    return _loop(model, input_ids, max_new_tokens, lambda ids: int(ids[0, -1]) in eos, keep_eos=False)


@stop_at_eos.misconception
def one_token_late(model, input_ids, eos_token_id, max_new_tokens):
    """The run goes on for one token after eos: look at the token that was just appended, not at the one before."""
    eos, width = _as_list(eos_token_id), input_ids.shape[1]
    return _loop(model, input_ids, max_new_tokens, lambda ids: ids.shape[1] > width + 1 and int(ids[0, -2]) in eos)


@stop_at_eos.misconception
def generates_all_then_cuts(model, input_ids, eos_token_id, max_new_tokens):
    """The result is right, but the model was run for max_new_tokens steps and the rest thrown away. Leave the loop as
    soon as eos has come: that is what saves the time."""
    out = _loop(model, input_ids, max_new_tokens, lambda ids: False)
    width = input_ids.shape[1]
    end = _first(out[0, width:].tolist(), _as_list(eos_token_id))
    return out if end is None else out[:, : width + end + 1]


@stop_at_eos.misconception
def ignores_eos(model, input_ids, eos_token_id, max_new_tokens):
    """The run always makes max_new_tokens tokens: the token that was just appended is never compared with
    eos_token_id."""
    return _loop(model, input_ids, max_new_tokens, lambda ids: False)


# --- 3 · a batch --------------------------------------------------------------------------------------------------

batched_loop = Exercise("batched_loop", points=4, facets=("no_grad",))


@batched_loop.probes
def _(rng: random.Random) -> list[Probe]:
    def probe(name, seed, ids, eos, pad, weight=1.0, n=NEW):
        return Probe(
            name,
            model=_model(seed),
            prompts=ids if isinstance(ids, list) else ids.tolist(),
            eos_token_id=eos,
            pad_token_id=pad,
            max_new_tokens=n,
            weight=weight,
        )

    def ends(said, eos):
        return [_first(row, _as_list(eos)) for row in said]

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

    a_seed, a_ids, a = _free_runs(rng, row_0_first, rows=3)
    b_seed, b_ids, b = _free_runs(rng, row_0_last, rows=3)
    c_seed, c_ids, c = _free_runs(rng, one_ends, rows=3)
    d_seed, d_ids, d = _free_runs(rng, pad_is_said, rows=2)
    e_seed, e_ids, e = _free_runs(rng, at_once, rows=2)
    rows = b_ids.tolist()
    return [
        probe("one row ends, the others go on to the limit", c_seed, c_ids, c[1][1], 29, weight=2),
        probe("all rows end, the first row first", a_seed, a_ids, common(a), 29),
        probe("all rows end, the first row last", b_seed, b_ids, common(b), 29, weight=2),
        probe("the pad is the eos id", b_seed, b_ids, common(b), common(b)),
        probe("the pad is a token that a row says before it ends", d_seed, d_ids, common(d), d[0][0], weight=2),
        probe("several eos ids", c_seed, c_ids, [UNUSED, c[1][1], c[0][2]], 29),
        probe("a row ends with its first token", e_seed, e_ids, e[0][0], 29),
        probe("no row ends", c_seed, c_ids, UNUSED, 29),
        probe("a batch of one", c_seed, c_ids[1:2], c[1][1], 29),
        probe("prompts of different lengths are refused", b_seed, [rows[0], rows[1][:-1], rows[2]], common(b), 29),
        probe("an empty prompt is refused", b_seed, [[], []], common(b), 29),
        probe("no prompts at all are refused", b_seed, [], common(b), 29),
    ]


@batched_loop.oracle
def oracle_batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    ids = _prompts(prompts)
    return _generate(model, ids, eos_token_id=eos_token_id, pad_token_id=pad_token_id, max_new_tokens=max_new_tokens)


def _prompts(prompts: list[list[int]]) -> torch.Tensor:
    if not prompts or not prompts[0] or len({len(row) for row in prompts}) > 1:
        raise ValueError("the prompts must be there, not empty, and of one length")
    return torch.tensor(prompts)


def _batch(model, prompts, eos, pad, n, *, fill=None, finish=None, stop=torch.all) -> torch.Tensor:
    """The reference loop with places where it may be spoilt.

    ``fill(new, done, pad)`` gives the tokens to append; ``finish(done, new, eos)`` the rows that have ended.
    """
    ids = _prompts(prompts)
    eos = torch.tensor(_as_list(eos))
    done = torch.zeros(len(ids), dtype=torch.bool)
    with torch.no_grad():
        for _ in range(n):
            new = model(ids).logits[:, -1].argmax(-1)
            new = fill(new, done, pad) if fill else torch.where(done, pad, new)
            ids = torch.cat([ids, new[:, None]], dim=1)
            done = finish(done, new, eos) if finish else done | torch.isin(new, eos)
            if stop(done):
                break
    return ids


@batched_loop.alternative
def with_where(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """All rows run to the end, those that have ended get pads."""
    return _batch(model, prompts, eos_token_id, pad_token_id, max_new_tokens)


@batched_loop.alternative
def live_rows_only(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """Rows that have ended are not computed any more; the padding is added at the end."""
    rows = [list(row) for row in prompts]
    _prompts(rows)
    width, live = len(rows[0]), list(range(len(rows)))
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(torch.tensor([rows[i] for i in live])).logits[:, -1].argmax(-1).tolist()
        for i, token in zip(live, new, strict=True):
            rows[i].append(token)
        live = [i for i in live if rows[i][-1] not in _as_list(eos_token_id)]
        if not live:
            break
    longest = max(map(len, rows))
    assert longest > width
    return torch.tensor([row + [pad_token_id] * (longest - len(row)) for row in rows])


@batched_loop.misconception
def one_end_stops_all(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """The loop ends as soon as one row has ended (any). The other rows lose the rest of their text: go on until all
    have ended."""
    return _batch(model, prompts, eos_token_id, pad_token_id, max_new_tokens, stop=torch.any)


@batched_loop.misconception
def row_0_decides(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """The loop ends when row 0 has ended. Each row has an end of its own: keep one flag a row, and ask whether all
    are set."""
    return _batch(model, prompts, eos_token_id, pad_token_id, max_new_tokens, stop=lambda done: done[0])


@batched_loop.misconception
def keeps_talking(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """A row that has ended keeps talking while the others run. From the step after its eos on it gets
    pad_token_id."""
    return _batch(model, prompts, eos_token_id, pad_token_id, max_new_tokens, fill=lambda new, done, pad: new)


@batched_loop.misconception
def pads_replace_eos(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """The pads begin one step too early: they replace the eos token itself. Fill with the flags of the step before,
    then set the new flags."""
    eos = torch.tensor(_as_list(eos_token_id))
    out = _batch(model, prompts, eos_token_id, pad_token_id, max_new_tokens)
    new = out[:, len(prompts[0]) :]
    ended = torch.isin(new, eos).cumsum(1) > 0
    new[ended] = pad_token_id
    return out


@batched_loop.misconception
def forgets_who_has_ended(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """A row that has ended wakes up again after one pad: the flags are set anew at each step. Add to them instead:
    done = done | ended_now."""
    return _batch(
        model,
        prompts,
        eos_token_id,
        pad_token_id,
        max_new_tokens,
        finish=lambda done, new, eos: torch.isin(new, eos),
    )


@batched_loop.misconception
def pad_means_ended(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """A row is taken for ended because it said the token that serves as pad. Any id may serve as pad: only eos ends a
    row, and only your flags know which rows have ended."""
    return _batch(
        model,
        prompts,
        eos_token_id,
        pad_token_id,
        max_new_tokens,
        finish=lambda done, new, eos: done | torch.isin(new, eos) | (new == pad_token_id),
    )


@batched_loop.misconception
def always_runs_to_the_limit(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """When all rows have ended, the loop goes on and appends columns of pads. Leave it when all flags are set."""
    return _batch(model, prompts, eos_token_id, pad_token_id, max_new_tokens, stop=lambda done: False)


@batched_loop.misconception
def first_eos_id_only(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """Only the first of several eos ids ends a row: compare with all of them, torch.isin(new, ids)."""
    return _batch(model, prompts, _as_list(eos_token_id)[0], pad_token_id, max_new_tokens)


@batched_loop.misconception
def cuts_unequal_rows(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    """Prompts of different lengths were cut to the shortest one instead of being refused: a batch then quietly
    continues texts that nobody gave. Raise a ValueError."""
    shortest = min(map(len, prompts), default=0)
    return _batch(model, [row[:shortest] for row in prompts], eos_token_id, pad_token_id, max_new_tokens)


# --- 4 · stop strings ---------------------------------------------------------------------------------------------

stop_strings = Exercise("stop_strings", points=4)
_NAMES, _PETS, _MOODS = ("Lily", "Tom", "Sam", "Ben", "Mia"), ("cat", "dog", "bird", "fish"), ("happy", "sad", "big")


def _ids(*texts: str) -> torch.Tensor:
    """The texts as one batch, cut to the shortest (they are long enough for their probe)."""
    rows = [_tokenizer().encode(text) for text in texts]
    shortest = min(map(len, rows))
    return torch.tensor([row[:shortest] for row in rows])


@stop_strings.probes
def _(rng: random.Random) -> list[Probe]:
    (ann, bob), (pet, other), mood = rng.sample(_NAMES, 2), rng.sample(_PETS, 2), rng.choice(_MOODS)
    rows = _ids(
        f"{ann} had a {pet}. The {pet} was very {mood}. {ann} said hello to {bob}. They all went home to play.",
        f"{bob} had a {other}. He liked to play. One day he saw a big red ball in the park and a {pet} too.",
        f"{bob} saw the sun. It was warm. {bob} had a {pet}. The {pet} was {mood} and slept under a tree all day.",
    )
    smile = _ids(
        f"{ann} was {mood}. 🙂 She went home to eat and then they all went to bed and slept all night.",
        f"{bob} said 🙁 and then he said 🙂 to {ann} and went home to play with a big red ball.",
    )
    lines = _ids(
        f"{ann} had a {pet}.\n\nOne day it ran away. {ann} was sad and looked for it all day and all night.",
        f"{bob} had a {other}.\nIt was small.\n\nThey were friends and they liked to play in the park.",
    )

    def probe(name, ids, prompt_length, stops, trim=False, weight=1.0):
        return Probe(
            name, tokenizer=TOKENIZER, ids=ids, prompt_length=prompt_length, stops=stops, trim=trim, weight=weight
        )

    return [
        probe("a stop string that is one whole token", rows, 3, [f" {pet}"]),
        probe("it lies across token borders", rows, 2, [f"{pet}. The"], weight=2),
        probe("it lies across token borders, trimmed", rows, 2, [f"{pet}. The"], trim=True),
        probe("it ends in the middle of a token: the token stays whole", rows, 2, [f"{pet}. T"], weight=2),
        probe("it lies inside a token", rows, 2, [" ha", "ed t"], trim=False),
        probe("it ends in the middle of a token, trimmed", rows, 2, [f"{pet}. T"], trim=True),
        probe("the prompt contains it: only new text counts", rows, 3, [ann, bob], weight=2),
        probe("several: the first to come in the text, not in the list", rows, 3, ["play", ".", f"{mood}"], trim=True),
        probe("it never comes", rows, 2, ["elephant"], trim=True),
        probe("an emoji of several tokens", smile, 2, ["🙂"]),
        probe("an emoji of several tokens, trimmed", smile, 2, ["🙂"], trim=True),
        probe("an empty line", lines, 3, ["\n\n"]),
        probe("an empty stop string is refused", rows, 2, [""]),
    ]


@stop_strings.oracle
def oracle_stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if not all(stops):
        raise ValueError("an empty stop string would end every text before it begins")
    texts = []
    for row in ids.tolist():
        prompt = torch.tensor([row[:prompt_length]])
        out = _generate(
            _recite(row), prompt, max_new_tokens=len(row) - prompt_length, stop_strings=stops, tokenizer=tokenizer
        )
        text = tokenizer.decode(out[0, prompt_length:])
        texts.append(_before(text, stops) if trim else text)
    return texts


def _before(text: str, stops: list[str]) -> str:
    return text[: min((text.find(stop) for stop in stops if stop in text), default=len(text))]


def _stopped(tokenizer, row: list[int], stops: list[str], found=None) -> list[int]:
    """The shortest beginning of ``row`` in which ``found(ids)``, or all of it."""
    if not all(stops):
        raise ValueError("empty stop string")

    def contains(ids: list[int]) -> bool:
        text = tokenizer.decode(ids)
        return any(stop in text for stop in stops)

    ends = (end for end in range(1, len(row) + 1) if (found or contains)(row[:end]))
    return row[: next(ends, len(row))]


def _texts(tokenizer, ids, prompt_length, stops, trim, found=None) -> list[str]:
    new = [_stopped(tokenizer, row[prompt_length:], stops, found) for row in ids.tolist()]
    return [_before(text, stops) if trim else text for text in map(tokenizer.decode, new)]


@stop_strings.alternative
def decodes_every_beginning(tokenizer, ids, prompt_length, stops, trim):
    """Decode longer and longer beginnings of the new ids."""
    return _texts(tokenizer, ids, prompt_length, stops, trim)


@stop_strings.alternative
def with_bytes(tokenizer, ids, prompt_length, stops, trim):
    """Search the bytes; count how many tokens the match needs."""
    if not all(stops):
        raise ValueError("empty stop string")
    texts = []
    for row in ids[:, prompt_length:].tolist():
        for end in range(1, len(row) + 1):
            text = tokenizer.decode(row[:end])
            hits = [text.index(stop) for stop in stops if text.encode().find(stop.encode()) >= 0]
            if hits:
                break
        texts.append(text[: min(hits)] if trim and hits else text)
    return texts


@stop_strings.misconception
def compares_ids(tokenizer, ids, prompt_length, stops, trim):
    """The stop string was encoded and its ids searched for. The same characters may be cut into other tokens inside a
    text: search the decoded text, not the ids."""
    wanted = [tokenizer.encode(stop) for stop in stops]
    return _texts(tokenizer, ids, prompt_length, stops, trim, lambda new: any(new[-len(w) :] == w for w in wanted))


@stop_strings.misconception
def last_token_only(tokenizer, ids, prompt_length, stops, trim):
    """Only the last token's text is searched. A stop string may be spread over several tokens: decode all new ids of
    the row together."""
    return _texts(
        tokenizer, ids, prompt_length, stops, trim, lambda new: any(s in tokenizer.decode(new[-1:]) for s in stops)
    )


@stop_strings.misconception
def ends_exactly(tokenizer, ids, prompt_length, stops, trim):
    """The text must end in the stop string (endswith). The token that completes it may carry further characters, then
    the end is never seen: ask whether the text contains it."""
    return _texts(
        tokenizer,
        ids,
        prompt_length,
        stops,
        trim,
        lambda new: any(tokenizer.decode(new).endswith(stop) for stop in stops),
    )


@stop_strings.misconception
def searches_the_prompt(tokenizer, ids, prompt_length, stops, trim):
    """The prompt is searched as well, so a row whose prompt contains the stop string ends at once. Decode only the new
    ids."""
    texts = []
    for row in ids.tolist():
        prompt = row[:prompt_length]
        new = _stopped(
            tokenizer,
            row[prompt_length:],
            stops,
            lambda new, prompt=prompt: any(s in tokenizer.decode(prompt + new) for s in stops),
        )
        text = tokenizer.decode(new)
        texts.append(_before(text, stops) if trim else text)
    return texts


@stop_strings.misconception
def first_in_the_list(tokenizer, ids, prompt_length, stops, trim):
    """The stop strings are tried in the order of the list, and the first that occurs anywhere wins. The one that comes
    first in the text ends it."""
    texts = []
    for row in ids[:, prompt_length:].tolist():
        whole = tokenizer.decode(_stopped(tokenizer, row, stops, lambda new: False))
        chosen = [stop for stop in stops if stop in whole][:1]
        text = tokenizer.decode(_stopped(tokenizer, row, chosen)) if chosen else whole
        texts.append(_before(text, chosen) if trim else text)
    return texts


@stop_strings.misconception
def cuts_inside_the_token(tokenizer, ids, prompt_length, stops, trim):
    """Without trim, the text was cut right after the stop string. Generation stops between tokens: the token that
    completes the stop string stays whole, with what it carries beyond."""
    texts = _texts(tokenizer, ids, prompt_length, stops, trim)
    if trim:
        return texts
    ends = [min((text.find(s) + len(s) for s in stops if s in text), default=len(text)) for text in texts]
    return [text[:end] for text, end in zip(texts, ends, strict=True)]


@stop_strings.misconception
def trim_keeps_the_stop_string(tokenizer, ids, prompt_length, stops, trim):
    """With trim, the stop string itself has to go as well: the text ends where it begins."""
    return (cuts_inside_the_token if trim else decodes_every_beginning)(tokenizer, ids, prompt_length, stops, False)


@stop_strings.misconception
def never_trims(tokenizer, ids, prompt_length, stops, trim):
    """trim=True changed nothing: then the text ends where the stop string begins."""
    return _texts(tokenizer, ids, prompt_length, stops, False)


@stop_strings.misconception
def always_trims(tokenizer, ids, prompt_length, stops, trim):
    """trim=False means that the stop string stays in the text, as it does in the output of generate."""
    return _texts(tokenizer, ids, prompt_length, stops, True)


@stop_strings.misconception
def one_row_stops_all(tokenizer, ids, prompt_length, stops, trim):
    """All rows were cut where the first of them ended. Each row ends by itself."""
    new = [_stopped(tokenizer, row, stops) for row in ids[:, prompt_length:].tolist()]
    shortest = min(map(len, new))
    texts = [tokenizer.decode(row[:shortest]) for row in new]
    return [_before(text, stops) if trim else text for text in texts]


@stop_strings.misconception
def joins_decoded_tokens(tokenizer, ids, prompt_length, stops, trim):
    """The tokens are decoded one by one and joined. A token may be a part of a character, which alone decodes to the
    replacement character: decode the ids together."""
    texts = []
    for row in ids[:, prompt_length:].tolist():
        new = _stopped(
            tokenizer, row, stops, lambda new: any(s in "".join(tokenizer.decode([t]) for t in new) for s in stops)
        )
        text = "".join(tokenizer.decode([t]) for t in new)
        texts.append(_before(text, stops) if trim else text)
    return texts


# --- 5 · the context ----------------------------------------------------------------------------------------------

fit_context = Exercise("fit_context", points=2)


@fit_context.probes
def _(rng: random.Random) -> list[Probe]:
    def ids(length: int, rows: int = 1) -> torch.Tensor:
        return torch.tensor([[rng.randrange(31) for _ in range(length)] for _ in range(rows)])

    n = rng.randrange(3, 7)
    room = 16 - n + 1  # what still fits
    return [
        Probe("fits with room to spare", ids=ids(4), n_positions=16, n_new=n),
        Probe("one token fewer than fits", ids=ids(room - 1), n_positions=16, n_new=n),
        Probe("fits exactly", ids=ids(room), n_positions=16, n_new=n, weight=2),
        Probe("one token too many", ids=ids(room + 1), n_positions=16, n_new=n, weight=2),
        Probe("longer than the context", ids=ids(23), n_positions=16, n_new=n),
        Probe("longer than the context, one new token", ids=ids(20), n_positions=16, n_new=1),
        Probe("room for one token of the prompt only", ids=ids(9), n_positions=16, n_new=16),
        Probe("two rows", ids=ids(19, rows=2), n_positions=16, n_new=n),
        Probe("more new tokens than the context holds are refused", ids=ids(5), n_positions=16, n_new=17),
        Probe("0 new tokens are refused", ids=ids(5), n_positions=16, n_new=0),
        Probe("an empty prompt is refused", ids=torch.zeros(1, 0, dtype=torch.int64), n_positions=16, n_new=n),
    ]


@fit_context.oracle
def oracle_fit_context(ids, n_positions, n_new):
    model = probe_model(n_positions=n_positions)
    for start in range(ids.shape[1]):
        try:
            _generate(model, ids[:, start:], max_new_tokens=n_new)
        except IndexError:
            continue
        return ids[:, start:]
    raise ValueError(f"no prompt leaves room for {n_new} new tokens in a context of {n_positions}")


def _fits(ids, n_positions, n_new) -> int:
    keep = n_positions - n_new + 1
    if ids.shape[1] == 0 or n_new < 1 or keep < 1:
        raise ValueError(f"cannot make {n_new} new tokens from {ids.shape[1]} in a context of {n_positions}")
    return keep


@fit_context.alternative
def by_arithmetic_of_positions(ids, n_positions, n_new):
    """The last new token is never fed back."""
    return ids[:, -_fits(ids, n_positions, n_new) :]


@fit_context.alternative
def by_start_index(ids, n_positions, n_new):
    """Count what has to go, from the left."""
    too_many = max(0, ids.shape[1] - _fits(ids, n_positions, n_new))
    return ids[:, too_many:].clone()


@fit_context.misconception
def keeps_the_beginning(ids, n_positions, n_new):
    """The end of the prompt was cut off. The new tokens continue its end: let go of the beginning."""
    return ids[:, : _fits(ids, n_positions, n_new)]


@fit_context.misconception
def crops_nothing(ids, n_positions, n_new):
    """Nothing was cut, so the model is asked for a position that it does not have: IndexError."""
    _fits(ids, n_positions, n_new)
    return ids


@fit_context.misconception
def forgets_the_new_tokens(ids, n_positions, n_new):
    """The prompt was cut to n_positions. The new tokens need positions too, all but the last of them."""
    _fits(ids, n_positions, n_new)
    return ids[:, -n_positions:]


@fit_context.misconception
def one_token_fewer(ids, n_positions, n_new):
    """One token more fits. The last new token is appended and never fed to the model, so it needs no position:
    prompt + n_new - 1 positions are used."""
    if n_new < 1 or n_new >= n_positions or ids.shape[1] == 0:
        raise ValueError("no room")
    return ids[:, -(n_positions - n_new) :]


@fit_context.misconception
def one_token_more(ids, n_positions, n_new):
    """One token too many is left: prompt + n_new - 1 positions are used, and there are n_positions of them."""
    return ids[:, -(_fits(ids, n_positions, n_new) + 1) :]


@fit_context.misconception
def refuses_long_prompts(ids, n_positions, n_new):
    """A prompt that is too long is not an error here: keep its last tokens. Refuse only what no cut can mend."""
    if ids.shape[1] > _fits(ids, n_positions, n_new):
        raise ValueError("the prompt is too long")
    return ids


@fit_context.misconception
def minus_zero(ids, n_positions, n_new):
    """When nothing may stay, ids[:, -0:] keeps everything instead: -0 is 0. Refuse an n_new for which no token of the
    prompt fits."""
    if n_new < 1 or ids.shape[1] == 0:
        raise ValueError("nothing to do")
    return ids[:, -max(0, n_positions - n_new + 1) :]


# --- 6 · why did it stop ------------------------------------------------------------------------------------------

stop_reason = Exercise("stop_reason", points=3)


@stop_reason.probes
def _(rng: random.Random) -> list[Probe]:
    name, pet = rng.choice(_NAMES), rng.choice(_PETS)
    encode = _tokenizer().encode
    ended = [*encode(f" had a {pet}."), EOS]
    quoted = encode(f" said: {name} had a {pet}. The")  # ends with the token that completes ". T"
    n = len(quoted) + 3
    open_end = encode(
        f" had a {pet} and a ball and the {pet} and the ball were all in the park with {name} and the dog"
    )

    def batch(*rows: list[int], width: int, pad: int = EOS) -> torch.Tensor:
        return torch.tensor([row[:width] + [pad] * (width - len(row)) for row in rows])

    def probe(label, ids, eos=EOS, stops=(". T",), limit=n, weight=1.0):
        return Probe(
            label,
            tokenizer=TOKENIZER,
            new_ids=ids,
            eos_token_id=eos,
            stops=list(stops),
            max_new_tokens=limit,
            weight=weight,
        )

    at_limit = [*encode(f" {name} had a {pet}"), EOS]
    return [
        probe("eos, stop string, limit: a row of each", batch(ended, quoted, open_end, width=n), weight=2),
        probe("the pad is another token than eos", batch(ended, quoted, open_end, width=n, pad=0)),
        probe("eos comes on the last step that the limit allows", batch(at_limit, width=len(at_limit)),
              limit=len(at_limit), weight=2),
        probe("the stop string comes on the last step that the limit allows", batch(quoted, width=len(quoted)),
              limit=len(quoted), weight=2),
        probe("the clock stopped a batch before its limit", batch(open_end, ended, width=9), limit=n + 40),
        probe("several eos ids", batch(encode(f" had a {pet}"), width=4, pad=0), eos=[EOS, encode(f" {pet}")[0]]),
        probe("no stop strings", batch(ended, open_end, width=n), stops=()),
        probe("several stop strings", batch(quoted, open_end, width=n), stops=("no such text", "ball")),
        probe("a stopped row is filled with eos", batch(quoted, open_end, width=n), weight=2),
        probe("a batch with no new ids is refused", torch.zeros(2, 0, dtype=torch.int64)),
    ]  # fmt: skip


@stop_reason.oracle
def oracle_stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("nothing was generated, so nothing has stopped")
    criteria = {"eos": EosTokenCriteria(eos_token_id)}
    if stops:
        criteria["stop_string"] = StopStringCriteria(tokenizer, stops)
    criteria["length"] = MaxLengthCriteria(max_new_tokens)
    reasons = ["time"] * len(new_ids)
    for end in range(new_ids.shape[1], 0, -1):  # the earliest step is written last, eos over all others
        for reason in reversed(criteria):
            for row, stopped in enumerate(criteria[reason](new_ids[:, :end], None).tolist()):
                if stopped:
                    reasons[row] = reason
    return reasons


def _reason(tokenizer, row: list[int], eos: list[int], stops: list[str], limit: int) -> str:
    for end in range(1, len(row) + 1):
        if row[end - 1] in eos:
            return "eos"
        if any(stop in tokenizer.decode(row[:end]) for stop in stops):
            return "stop_string"
    return "length" if len(row) >= limit else "time"


def _rows(new_ids: torch.Tensor) -> list[list[int]]:
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    return new_ids.tolist()


@stop_reason.alternative
def token_by_token(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """Read each row from its beginning; what comes first is the reason."""
    eos = _as_list(eos_token_id)
    return [_reason(tokenizer, row, eos, stops, max_new_tokens) for row in _rows(new_ids)]


@stop_reason.alternative
def by_cutting_at_eos(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """What stands before the first eos decides."""
    reasons = []
    for row in _rows(new_ids):
        end = _first(row, _as_list(eos_token_id))
        text = tokenizer.decode(row[:end])
        if any(stop in text for stop in stops):
            reasons.append("stop_string")
        elif end is not None:
            reasons.append("eos")
        else:
            reasons.append("length" if len(row) == max_new_tokens else "time")
    return reasons


@stop_reason.misconception
def length_first(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """A row whose eos or stop string came on the last step that the limit allows was reported as cut off. It is
    complete: ask for eos and stop strings first, for the limit last."""
    reasons = []
    for row, reason in zip(_rows(new_ids), token_by_token(tokenizer, new_ids, eos_token_id, stops, max_new_tokens),
                           strict=True):  # fmt: skip
        whole = len(row) == max_new_tokens
        early = _reason(tokenizer, row[:-1], _as_list(eos_token_id), stops, max_new_tokens)
        reasons.append("length" if whole and early in ("time", "length") else reason)
    return reasons


@stop_reason.misconception
def width_of_the_batch(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """The width of the batch was taken for the length of each row: rows that ended early are filled with pads. Look
    for each row's own end."""
    if new_ids.shape[1] == max_new_tokens:
        return ["length"] * len(new_ids)
    return token_by_token(tokenizer, new_ids, eos_token_id, stops, max_new_tokens)


@stop_reason.misconception
def pads_taken_for_eos(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """A row that a stop string ended is filled with pads, and the pad is eos here: these were taken for its end. What
    comes first in the row is the reason."""
    eos = _as_list(eos_token_id)
    return [
        "eos" if _first(row, eos) is not None else _reason(tokenizer, row, eos, stops, max_new_tokens)
        for row in _rows(new_ids)
    ]


@stop_reason.misconception
def last_column_only(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """Only the last column was looked at. A row that ended early has pads there, whatever the pad is: search the whole
    row."""
    eos = _as_list(eos_token_id)
    reasons = []
    for row in _rows(new_ids):
        stopped = any(stop in tokenizer.decode(row) for stop in stops)
        limit = "length" if len(row) == max_new_tokens else "time"
        reasons.append("eos" if row[-1] in eos else "stop_string" if stopped else limit)
    return reasons


@stop_reason.misconception
def forgets_the_clock(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """A row without eos and stop string that is shorter than max_new_tokens was reported as stopped by the limit. The
    limit was not reached: something outside stopped it, here the clock."""
    known = token_by_token(tokenizer, new_ids, eos_token_id, stops, max_new_tokens)
    return ["length" if reason == "time" else reason for reason in known]


@stop_reason.misconception
def stop_string_by_ids(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """The stop string was searched for as ids. Inside a text the same characters may be other tokens: search the
    decoded text."""
    eos = _as_list(eos_token_id)
    wanted = [tokenizer.encode(stop) for stop in stops]
    reasons = []
    for row in _rows(new_ids):
        ends = [i for i in range(len(row)) if row[i] in eos or any(row[i + 1 - len(w) : i + 1] == w for w in wanted)]
        limit = "length" if len(row) == max_new_tokens else "time"
        reasons.append(limit if not ends else "eos" if row[ends[0]] in eos else "stop_string")
    return reasons


@stop_reason.misconception
def first_eos_only(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """Only one of several eos ids was looked for. Any of them ends a row."""
    return token_by_token(tokenizer, new_ids, _as_list(eos_token_id)[0], stops, max_new_tokens)


@stop_reason.misconception
def one_reason_for_all(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """One reason was found and given to all rows. Each row has a reason of its own."""
    reasons = token_by_token(tokenizer, new_ids, eos_token_id, stops, max_new_tokens)
    return reasons[:1] * len(reasons)


# --- 7 · a criterion of one's own ---------------------------------------------------------------------------------

max_words = Exercise("max_words", points=3, adapter="criterion")


@max_words.probes
def _(rng: random.Random) -> list[Probe]:
    (ann, bob), (pet, other), mood = rng.sample(_NAMES, 2), rng.sample(_PETS, 2), rng.choice(_MOODS)
    rows = [
        f"{ann} had a {pet}. The {pet} was unhappy and it wanted to be very {mood} today. So they all went home.",
        f"{bob} saw a wonderful butterfly, a strawberry, and a {other}! He liked to play with them and slept.",
    ]
    one_token_words = [
        f"{ann} had a {pet} and a {other} and a ball and a tree and a {pet} and a {other} and a ball and a tree",
        f"{bob} was in the park and it was {mood} and it was big and it was red and it was in the park and it was",
    ]

    def probe(name, texts, prompt_length, limit, n=14, end=False, weight=1.0):
        lines = [_tokenizer().encode(text) + [EOS] * end for text in texts]
        return Probe(
            name,
            model=Resource("scripted_model", lines=lines, vocab_size=VOCABULARY, eos_token_id=EOS),
            tokenizer=TOKENIZER,
            input_ids=torch.tensor([line[:prompt_length] for line in lines]),
            max_words=limit,
            max_new_tokens=n,
            weight=weight,
        )

    return [
        probe("one row, words of one token", one_token_words[:1], 2, 4),
        probe("one row, words of several tokens", rows[1:], 2, 3, weight=2),
        probe("two rows that reach the limit at different steps", rows, 2, 5, n=20, weight=2),
        probe("two rows, the other one first", rows[::-1], 2, 3, n=20),
        probe("a long prompt does not count", one_token_words, 8, 3),
        probe("the run ends before the limit of words", one_token_words, 2, 50, n=6),
        probe(
            "one row ends with eos before the limit of words", [f"{ann} had a {pet}.", rows[1]], 2, 6, n=20, end=True
        ),
        probe("a limit of one word", rows, 3, 1),
        probe("a limit of 0 words is refused", rows, 2, 0),
    ]


def _criterion(done, check: bool = True):
    """A class of criteria that answers ``done(tokenizer, ids, prompt_length, limit)``."""

    class Criterion(StoppingCriteria):
        def __init__(self, tokenizer, prompt_length, max_words):
            if check and max_words < 1:
                raise ValueError("max_words must be at least 1")
            self.given = tokenizer, prompt_length, max_words

        def __call__(self, input_ids, scores, **kwargs):
            tokenizer, prompt_length, limit = self.given
            return done(tokenizer, input_ids, prompt_length, limit)

    return Criterion


def _words(tokenizer, ids: torch.Tensor) -> torch.Tensor:
    return torch.tensor([len(text.split()) for text in tokenizer.batch_decode(ids, skip_special_tokens=True)])


@max_words.oracle
def oracle_max_words(tokenizer, prompt_length, max_words):
    make = _criterion(lambda tok, ids, start, limit: _words(tok, ids[:, start:]) > limit)
    return make(tokenizer, prompt_length, max_words)


@max_words.alternative
def row_by_row(tokenizer, prompt_length, max_words):
    """A plain loop over the rows; the flags are kept from step to step."""

    class RowByRow(StoppingCriteria):
        def __init__(self):
            if max_words <= 0:
                raise ValueError("max_words must be at least 1")
            self.done = None

        def __call__(self, input_ids, scores, **kwargs):
            now = []
            for row in input_ids:
                text = tokenizer.decode(row[prompt_length:].tolist(), skip_special_tokens=True)
                now.append(len(text.split()) > max_words)
            now = torch.tensor(now, dtype=torch.bool)
            self.done = now if self.done is None else self.done | now
            return self.done

    return RowByRow()


@max_words.alternative
def by_word_starts(tokenizer, prompt_length, max_words):
    """Regular expression instead of split."""
    import re

    def done(tok, ids, start, limit):
        texts = [tok.decode(row, skip_special_tokens=True) for row in ids[:, start:]]
        return torch.tensor([len(re.findall(r"\S+", text)) >= limit + 1 for text in texts], device=ids.device)

    return _criterion(done)(tokenizer, prompt_length, max_words)


@max_words.misconception
def one_bool_for_the_batch(tokenizer, prompt_length, max_words):
    """One bool was returned for the whole batch, so the first row that is done stops them all. Return a bool tensor
    with one element a row, shape [B]."""
    make = _criterion(lambda tok, ids, start, limit: bool((_words(tok, ids[:, start:]) > limit).any()))
    return make(tokenizer, prompt_length, max_words)


@max_words.misconception
def waits_for_all_rows(tokenizer, prompt_length, max_words):
    """A row is stopped only when all rows are done: do not combine the rows, generate does that. Return one element a
    row."""
    make = _criterion(lambda tok, ids, start, limit: (_words(tok, ids[:, start:]) > limit).all().repeat(len(ids)))
    return make(tokenizer, prompt_length, max_words)


@max_words.misconception
def counts_the_prompt(tokenizer, prompt_length, max_words):
    """The words of the prompt were counted as well: input_ids holds prompt and new tokens. Slice ids from
    prompt_length on."""
    make = _criterion(lambda tok, ids, start, limit: _words(tok, ids) > limit)
    return make(tokenizer, prompt_length, max_words)


@max_words.misconception
def stops_inside_a_word(tokenizer, prompt_length, max_words):
    """The row stops when its last word has only begun: the next token may belong to the same word. Only a further word
    proves that the last one is complete, so stop when there are more than max_words."""
    make = _criterion(lambda tok, ids, start, limit: _words(tok, ids[:, start:]) >= limit)
    return make(tokenizer, prompt_length, max_words)


@max_words.misconception
def counts_tokens(tokenizer, prompt_length, max_words):
    """Tokens were counted. A word may take several, and a full stop is one: decode, then split at white space."""

    def done(tok, ids, start, limit):
        return torch.full((len(ids),), ids.shape[1] - start > limit)

    return _criterion(done)(tokenizer, prompt_length, max_words)


@max_words.misconception
def looks_at_row_0(tokenizer, prompt_length, max_words):
    """Only row 0 was decoded and its answer given to all rows. Decode each row."""

    def done(tok, ids, start, limit):
        return (_words(tok, ids[:1, start:]) > limit).repeat(len(ids))

    return _criterion(done)(tokenizer, prompt_length, max_words)


@max_words.misconception
def answers_with_numbers(tokenizer, prompt_length, max_words):
    """The answer is a tensor of numbers or has the wrong shape. generate combines it bit by bit with the other
    criteria: it must be a bool tensor of shape [B]."""
    make = _criterion(lambda tok, ids, start, limit: (_words(tok, ids[:, start:]) > limit).long())
    return make(tokenizer, prompt_length, max_words)


@max_words.misconception
def not_a_criterion(tokenizer, prompt_length, max_words):
    """The class works but is no StoppingCriteria: write class MaxWords(StoppingCriteria). What checks the type will
    refuse it otherwise."""

    class Plain:
        def __call__(self, input_ids, scores, **kwargs):
            return _words(tokenizer, input_ids[:, prompt_length:]) > max_words

    if max_words < 1:
        raise ValueError("max_words must be at least 1")
    return Plain()


@max_words.misconception
def accepts_no_words(tokenizer, prompt_length, max_words):
    """A limit of 0 words cannot be kept, since generate always makes a token: raise a ValueError in __init__."""
    make = _criterion(lambda tok, ids, start, limit: _words(tok, ids[:, start:]) > limit, check=False)
    return make(tokenizer, prompt_length, max_words)


# --- 8 · streaming ------------------------------------------------------------------------------------------------

stream = Exercise("stream", points=3, adapter="stream", facets=("no_grad",))


@stream.probes
def _(rng: random.Random) -> list[Probe]:
    (ann, bob), (pet, other), mood = rng.sample(_NAMES, 2), rng.sample(_PETS, 2), rng.choice(_MOODS)
    smiles = "🙂🙁🎈🌧🐈"

    def probe(name, text, prompt_length=2, n=40, end=True, weight=1.0):
        line = _tokenizer().encode(text) + [EOS] * end
        return Probe(
            name,
            model=Resource("scripted_model", lines=[line], vocab_size=VOCABULARY, eos_token_id=EOS),
            tokenizer=TOKENIZER,
            input_ids=torch.tensor([line[:prompt_length]]),
            max_new_tokens=n,
            weight=weight,
        )

    smile, rain = rng.sample(smiles, 2)
    return [
        probe("plain words, ended by eos", f"{ann} had a {pet}. The {pet} was {mood}."),
        probe("stopped by max_new_tokens", f"{bob} had a {other} and a {pet} and a ball and a tree.", n=6),
        probe("an emoji of several tokens", f"{ann} was {mood} {smile} and said hello.", weight=2),
        probe("two emoji in a row, at the end", f"{bob} saw {smile}{rain}", weight=2),
        probe("accents and other scripts", f"{ann} liked the café. {bob} said señor 日本 and went home."),
        probe("line breaks", f"{ann} had a {pet}.\n\nOne day it ran.\nThe end."),
        probe("the limit cuts an emoji", f"{ann} was so {smile} that day", n=_cut(f"{ann} was so ", smile), weight=2),
        probe("a long prompt is not shown", f"{ann} and {bob} went to the park to see a {pet}. It was {mood}.", 9),
        probe("an empty prompt is refused", f"{ann} had a {pet}.", 0),
    ]


def _cut(before: str, emoji: str) -> int:
    """How many new tokens after a prompt of 2 lead into the middle of ``emoji``."""
    encode = _tokenizer().encode
    return (len(encode(before)) + len(encode(before + emoji))) // 2 - 2 + 1


class _Puts(BaseStreamer):
    """Keeps what ``generate`` hands to a streamer: first the prompt, then each token."""

    def __init__(self) -> None:
        self.ids: list[list[int]] = []

    def put(self, value: torch.Tensor) -> None:
        self.ids.append(value.reshape(-1).tolist())

    def end(self) -> None:
        pass


@stream.oracle
def oracle_stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("the prompt is empty: there is nothing to continue")
    puts = _Puts()
    twin = ScriptedModel(model._lines, VOCABULARY, eos_token_id=EOS)  # so that the model that is watched makes its
    _generate(twin, input_ids, max_new_tokens=max_new_tokens, eos_token_id=EOS, streamer=puts)  # passes step by step
    _, *tokens = puts.ids
    ids, shown = [], ""
    with torch.no_grad():
        for number, (token,) in enumerate(tokens, start=1):
            model(torch.cat([input_ids, torch.tensor([ids], dtype=torch.int64)], dim=1))
            ids.append(token)
            text = tokenizer.decode(ids, skip_special_tokens=True)
            if number == len(tokens) or not text.endswith("\N{REPLACEMENT CHARACTER}"):
                yield text[len(shown) :]
                shown = text


def _tokens(model, ids: torch.Tensor, n: int) -> Iterator[int]:
    """New tokens one by one, the eos of the model's generation_config included."""
    if ids.shape[1] == 0:
        raise ValueError("empty prompt")
    for _ in range(n):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, new], dim=1)
        yield int(new)
        if int(new) == model.generation_config.eos_token_id:
            return


def _chunks(model, tokenizer, ids, n, skip=True) -> Iterator[str]:
    new, shown = [], 0
    for token in _tokens(model, ids, n):
        new.append(token)
        text = tokenizer.decode(new, skip_special_tokens=skip)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
    yield tokenizer.decode(new, skip_special_tokens=skip)[shown:]


@stream.alternative
def decodes_everything_so_far(model, tokenizer, input_ids, max_new_tokens):
    """Decode all new ids each time, yield what is new."""
    yield from _chunks(model, tokenizer, input_ids, max_new_tokens)


@stream.alternative
def decodes_what_is_pending(model, tokenizer, input_ids, max_new_tokens):
    """Keep only the ids that have not been shown yet."""
    pending = []
    for token in _tokens(model, input_ids, max_new_tokens):
        if token == tokenizer.eos_token_id:
            break
        pending.append(token)
        text = tokenizer.decode(pending)
        if text[-1:] != "\ufffd":
            yield text
            pending = []
    if pending:
        yield tokenizer.decode(pending)


@stream.misconception
def token_by_token_text(model, tokenizer, input_ids, max_new_tokens):
    """Each token was decoded alone. A token may be a part of a character: alone it decodes to the replacement
    character (U+FFFD). Hold such an end back until the rest has come."""
    for token in _tokens(model, input_ids, max_new_tokens):
        yield tokenizer.decode([token], skip_special_tokens=True)


@stream.misconception
def shows_the_prompt(model, tokenizer, input_ids, max_new_tokens):
    """The prompt was shown as well. Decode the new ids only."""
    chunks = _chunks(model, tokenizer, input_ids, max_new_tokens)
    first = next(chunks)
    yield tokenizer.decode(input_ids[0]) + first
    yield from chunks


@stream.misconception
def all_at_the_end(model, tokenizer, input_ids, max_new_tokens):
    """The text came only when the model had finished. Yield inside the loop: a chunk is there as soon as its
    characters are complete."""
    yield from list(_chunks(model, tokenizer, input_ids, max_new_tokens))


@stream.misconception
def one_string_at_the_end(model, tokenizer, input_ids, max_new_tokens):
    """The whole text came as one string when the model had finished: that is decode, not a stream. Yield inside the
    loop, the new part each time."""
    yield "".join(_chunks(model, tokenizer, input_ids, max_new_tokens))


@stream.misconception
def repeats_what_was_shown(model, tokenizer, input_ids, max_new_tokens):
    """Each chunk is the whole text so far. Yield only what has been added since the last chunk."""
    text = ""
    for chunk in _chunks(model, tokenizer, input_ids, max_new_tokens):
        text += chunk
        yield text if chunk else ""


@stream.misconception
def loses_what_is_held_back(model, tokenizer, input_ids, max_new_tokens):
    """What was held back at the end is lost: when the loop is over, yield the rest, even if it decodes to the
    replacement character."""
    new, shown = [], 0
    for token in _tokens(model, input_ids, max_new_tokens):
        new.append(token)
        text = tokenizer.decode(new, skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)


@stream.misconception
def drops_broken_characters(model, tokenizer, input_ids, max_new_tokens):
    """The replacement characters were removed from the text, and with them the character whose parts they stand for.
    Wait for the other parts instead."""
    for token in _tokens(model, input_ids, max_new_tokens):
        yield tokenizer.decode([token], skip_special_tokens=True).replace("\N{REPLACEMENT CHARACTER}", "")


@stream.misconception
def shows_eos(model, tokenizer, input_ids, max_new_tokens):
    """The end-of-sequence token was shown to the reader. It ends the text and is no part of it: decode with
    skip_special_tokens=True."""
    yield from _chunks(model, tokenizer, input_ids, max_new_tokens, skip=False)


@stream.misconception
def strips_the_chunks(model, tokenizer, input_ids, max_new_tokens):
    """The chunks were stripped. The space before a word belongs to its token: without it, the words run together."""
    for chunk in _chunks(model, tokenizer, input_ids, max_new_tokens):
        yield chunk.strip()


@stream.misconception
def goes_on_after_eos(model, tokenizer, input_ids, max_new_tokens):
    """The stream goes on after the end-of-sequence token. Stop when the new token is tokenizer.eos_token_id."""
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ids, shown = input_ids, 0
    for step in range(max_new_tokens):
        with torch.no_grad():
            ids = torch.cat([ids, model(ids).logits[:, -1].argmax(-1, keepdim=True)], dim=1)
        text = tokenizer.decode(ids[0, input_ids.shape[1] :], skip_special_tokens=True)
        if step + 1 == max_new_tokens or not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
