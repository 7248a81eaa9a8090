"""Why a reader's ``generate`` first differs from the library's: which other call or order would give what it gives.

What is offered as an explanation is what the library makes of the reader's own text: its processors in another order,
without one of them, in another call, or after a pass without the mask. How a right function looks is not known here.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeGuard, cast

import torch
from transformers import LogitsProcessor, LogitsProcessorList, RepetitionPenaltyLogitsProcessor

from genlab.library_messages import listening
from genlab.models import repository_model
from genlab.parity import SIZE, Case
from genlab.parity_grid import Cell, State

NAMES = {
    "RepetitionPenaltyLogitsProcessor": "repetition_penalty",
    "MinLengthLogitsProcessor": "min_new_tokens",
    "MinNewTokensLengthLogitsProcessor": "min_new_tokens",
    "TemperatureLogitsWarper": "temperature",
    "TopKLogitsWarper": "top_k",
    "TopPLogitsWarper": "top_p",
    "MinPLogitsWarper": "min_p",
}


def why(cell: Cell) -> str:
    """A sentence on the first difference of ``cell``, if there is one."""
    found = cell.difference
    if cell.state != State.DIFFERS or found is None:
        return ""
    if cell.mine is None or found.step is None:
        return "The result has another form, so nothing of it can be compared."
    if found.of == "length":
        return _of_the_length(cell, found.step)
    assert found.row is not None
    if found.of == "tokens":
        return _of_the_token(cell, found.step, found.row)
    return _of_the_scores(cell, found.step, found.row)


# -- lengths and tokens


def _of_the_length(cell: Cell, step: int) -> str:
    alive = cell.case.live(cell.theirs["sequences"])
    if step < len(alive):
        rows = alive[step].nonzero().flatten().tolist()
        who = f"row {rows[0]} has" if len(rows) == 1 else f"rows {' and '.join(map(str, rows))} have"
        return f"For the library {who} not ended yet: a run ends when all rows have, or after max_new_tokens."
    if step == cell.case.settings.get("max_new_tokens"):
        return f"The library stops after max_new_tokens={step}."
    return "For the library all rows have ended by then."


def _of_the_token(cell: Cell, step: int, row: int) -> str:
    assert cell.mine is not None
    start = cell.case.input_ids.shape[1]
    mine, right = (int(run["sequences"][row, start + step]) for run in (cell.mine, cell.theirs))
    scores, settings = cell.theirs["scores"][step, row], _merged(cell.case)
    ends, pad, best = settings["eos_token_id"], settings["pad_token_id"], int(scores.argmax())
    if not cell.case.live(cell.theirs["sequences"])[step, row]:
        if ends is None:
            return "No end token is set in this call: the library fills no row, and what has ended talks on."
        if right == pad:
            went_on = ", the best token, so it talks on" if mine == best else ""
            filled = f"From the step after its end on the library fills a row with pad_token_id={right}"
            return f"{filled}; yours has {mine}{went_on}."
        return f"From the step after its end on the library fills the row with {right}."
    if mine == pad and right in (ends if isinstance(ends, list) else [ends]):
        return f"Token {right} is an end token: it stays, and the library fills the row from the next step on."
    if mine == pad:
        return f"Yours is the pad; for the library row {row} has not ended."
    if not settings["do_sample"]:
        return "A greedy call takes the best token."
    if mine == best:
        return "Yours is the best token; this call draws."
    if not 0 <= mine < SIZE or not scores[mine].isfinite():
        return "Your token was cut: its probability is 0."
    return (
        "Both were drawn from one distribution, with other random numbers: "
        "the library calls torch.multinomial once a step, for all rows."
    )


def _merged(case: Case) -> dict[str, Any]:
    """What the library makes of the settings."""
    seen: dict[str, Any] = {}

    def look(model: Any, input_ids: torch.Tensor, generation_config: Any, **_: Any) -> torch.Tensor:
        seen.update(generation_config.to_dict())
        return input_ids

    _prepared(case, look)
    return {name: seen.get(name) for name in ("do_sample", "eos_token_id", "pad_token_id")}


# -- scores

Scores = Callable[[int], torch.Tensor]  # those of all rows [B, V] in a step


def _of_the_scores(cell: Cell, step: int, row: int) -> str:
    assert cell.mine is not None
    mine, theirs = cell.mine["scores"], cell.theirs["scores"]
    left, right = mine[step, row].isfinite(), theirs[step, row].isfinite()
    if torch.equal(left, right):
        shift = (mine[step, row] - theirs[step, row])[left]
        if shift.numel() > 1 and shift.std() < 1e-4:
            return f"All scores are {shift.mean():+.3f} off, which changes no probability: a log_softmax does that."
    ids = _readable(cell)
    live = cell.case.live(ids)
    explained = {words: _holds(scores, mine, live) for words, scores in _candidates(cell.case, ids)}
    fitting = {words: steps for words, steps in explained.items() if step in steps}
    if fitting:
        return max(fitting, key=lambda words: len(fitting[words]))  # of those that fit equally well the first
    return _which_tokens(cell, step, row)


def _holds(scores: Scores, mine: torch.Tensor, live: torch.Tensor) -> list[int]:
    """The steps in which ``scores`` are those of ``mine``, for all rows that had not ended."""
    return [
        step
        for step, rows in enumerate(live)
        if all(_alike(mine[step, row], scores(step)[row]) for row in rows.nonzero().flatten().tolist())
    ]


def _alike(one: torch.Tensor, other: torch.Tensor) -> bool:
    left, right = one.isfinite(), other.isfinite()
    return torch.equal(left, right) and bool(torch.allclose(one[left], other[right], rtol=1e-4, atol=1e-4))


def _readable(cell: Cell) -> torch.Tensor:
    """The reader's text, as far as the library's goes; with any token for one that does not exist."""
    assert cell.mine is not None
    return cell.mine["sequences"][:, : cell.theirs["sequences"].shape[1]].clamp(0, SIZE - 1)


def _candidates(case: Case, ids: torch.Tensor) -> Iterator[tuple[str, Scores]]:
    """What the library would make of the reader's text, in other ways than in this call; the likely ones first."""
    logits, usual = _logits(case, ids), _processors(case)

    def after(steps: Sequence[Any], logits: torch.Tensor = logits) -> Scores:
        width, do = case.input_ids.shape[1], LogitsProcessorList(steps)
        return lambda step: do(cast(torch.LongTensor, ids[:, : width + step]), logits[step].clone())

    if not case.attention_mask.all():
        unmasked = _logits(case, ids, mask=False, positions=False)
        yield "So they would be if the left pads were read as text: the mask is missing.", after(usual, unmasked)
        careless = [RepetitionPenaltyLogitsProcessor(o.penalty) if _is_penalty(o) else o for o in usual]
        yield "So they would be if the pads were text, for the penalty, too.", after(careless, unmasked)
        bare = _logits(case, ids, mask=False)
        yield "So they would be with positions that count the mask's ones, but without the mask.", after(usual, bare)
        unplaced = _logits(case, ids, positions=False)
        yield "So they would be with the mask, but with positions that do not count its ones.", after(usual, unplaced)
    yield "These are probabilities, of the library's scores: a softmax too many.", lambda s: after(usual)(s).softmax(-1)
    names = [*dict.fromkeys(map(_name, usual))]
    if case.model.get("repository"):
        quiet = replace(case, model=case.model | {"repository": {}})
        yield "So they would be if the repository said nothing.", after(_processors(quiet))
    if len(names) > 1:
        yield "These are the model's own logits: nothing was done to them.", after([])
    for name in names:
        yield f"So they would be without {name}.", after([one for one in usual if _name(one) != name])
    yield from _other_penalties(case, usual, after)
    groups = {name: [one for one in usual if _name(one) == name] for name in names}
    for order in sorted(itertools.permutations(names), key=lambda order: _swaps(order, names)):
        if list(order) != names:
            words = f"The order {', '.join(order)} would give that; the library's is {', '.join(names)}."
            yield words, after([one for name in order for one in groups[name]])
    settings = case.settings
    drawn = _processors(case.changed(do_sample=True, top_k=settings.get("top_k", 0)))
    yield (
        "A call that samples would have these scores: a greedy one makes no cuts and has no temperature.",
        after(drawn),
    )


def _swaps(order: Sequence[str], usual: Sequence[str]) -> int:
    """How far an order is from the usual one: how many pairs stand the other way round."""
    return sum(usual.index(a) > usual.index(b) for a, b in itertools.combinations(order, 2))


def _other_penalties(case: Case, usual: Sequence[LogitsProcessor], after: Any) -> Iterator[tuple[str, Scores]]:
    width = case.input_ids.shape[1]
    for place, one in enumerate(usual):
        if _is_penalty(one):
            plain = RepetitionPenaltyLogitsProcessor(one.penalty)

            def on_new_tokens(ids: Any, scores: Any, plain: Any = plain) -> torch.Tensor:
                return plain(ids[:, width:], scores) if ids.shape[1] > width else scores

            def dividing(ids: Any, scores: Any, usual: Any = one) -> torch.Tensor:
                return torch.where(usual(ids, scores) == scores, scores, scores / usual.penalty)

            for words, step in {
                "So they would be if the penalty saw the left pads, too.": plain,
                "So they would be if the penalty saw the new tokens only.": on_new_tokens,
                "So they would be if the penalty always divided.": dividing,
            }.items():
                yield words, after([*usual[:place], step, *usual[place + 1 :]])


def _logits(case: Case, ids: torch.Tensor, mask: bool = True, positions: bool = True) -> torch.Tensor:
    """The model's logits [n, B, V] for each new token of ``ids``, all read anew in each step."""
    width, model, rows = case.input_ids.shape[1], repository_model(**case.model), []
    whole = torch.cat([case.attention_mask, torch.ones_like(ids[:, width:])], dim=1)
    for end in range(width, ids.shape[1]):
        ones, columns = whole[:, :end], torch.arange(end).expand(len(ids), end)
        with torch.no_grad():
            out = model(
                ids[:, :end],
                attention_mask=ones if mask else torch.ones_like(ones),
                position_ids=(ones.cumsum(-1) - 1).clamp(min=0) if positions else columns,
                use_cache=False,
            )
        rows.append(out.logits[:, -1].float())
    return torch.stack(rows)


def _which_tokens(cell: Cell, step: int, row: int) -> str:
    """Where the scores differ, if nothing is known that would give them."""
    assert cell.mine is not None
    scores, theirs = cell.mine["scores"][step, row], cell.theirs["scores"][step, row]
    left, right = scores.isfinite(), theirs.isfinite()
    apart = left != right if not torch.equal(left, right) else ~torch.isclose(scores, theirs, rtol=1e-4, atol=1e-4)
    tokens = apart.nonzero().flatten().tolist()
    names = f"token{'s' * (len(tokens) > 1)} {_some(tokens)}"
    if torch.equal(left, right):
        return f"No other call of the library was found that gives them. They differ for {names}."
    cut = not left[tokens[0]]
    return f"{'You cut' if cut else 'The library cuts'} {names}, which {'the library keeps' if cut else 'you keep'}."


def _some(tokens: Sequence[int]) -> str:
    """The first of ``tokens``, and how many more there are."""
    shown = ", ".join(map(str, tokens[:3]))
    return f"{shown} and {len(tokens) - 3} more" if len(tokens) > 3 else shown


# -- what the library has prepared


def _prepared(case: Case, look: Any) -> None:
    """Have the library prepare ``case`` and hand everything to ``look``."""
    settings = {name: value for name, value in case.settings.items() if name != "stop_strings"}  # no processor's
    model: Any = repository_model(**case.model)
    with listening():
        model.generate(case.input_ids, attention_mask=case.attention_mask, custom_generate=look, **settings)


def _processors(case: Case) -> list[LogitsProcessor]:
    kept: list[LogitsProcessor] = []

    def look(model: Any, input_ids: torch.Tensor, logits_processor: LogitsProcessorList, **_: Any) -> torch.Tensor:
        kept.extend(logits_processor)
        return input_ids

    _prepared(case, look)
    return kept


def _is_penalty(processor: Any) -> TypeGuard[RepetitionPenaltyLogitsProcessor]:
    return isinstance(processor, RepetitionPenaltyLogitsProcessor)


def _name(processor: LogitsProcessor) -> str:
    return NAMES.get(type(processor).__name__, type(processor).__name__)
