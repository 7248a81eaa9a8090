"""Which known mistake an answer makes, from data alone: a cause is named only where it explains what was seen."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from genlab.judging.differences import differs
from genlab.judging.likeness import answer_to_another, likeness
from genlab.judging.outcome import Error, Outcome, Record
from genlab.judging.values import Wrong

LIKELY = 3 / 4  # of what an answer and a known mistake do wrong, taken together: what both do, for a likely cause
MAY_BE = 1 / 2  # the same, for what is named with "may be"
NEAR = 1e-5  # the tolerance for floats of an answer and a known mistake


@dataclass(frozen=True)
class Cause:
    """A known mistake that explains an answer. ``certain``: it explains all that failed."""

    name: str
    hint: str
    certain: bool


def cause_of(record: Record, outcomes: list[Outcome], failed: list[bool], refusals: bool) -> Cause | None:
    """Why probes failed, among refusals or among the others: the known mistake that explains all of it, if one does.

    Else what can be told from the outcomes alone, and else the known mistake that may be the cause.
    """
    known = likely_cause(record, outcomes, failed, refusals)
    if known and known.certain:
        return known
    plain = plain_cause(record, outcomes, failed, refusals)
    return plain if plain and plain.certain else known or plain


def likely_cause(record: Record, outcomes: list[Outcome], failed: list[bool], refusals: bool) -> Cause | None:
    """The known mistake that explains what failed, if there is one, among refusals or among the other probes.

    Refusals are judged apart from values: a student whose refusals and values are both wrong has made two mistakes.
    What the answer and a mistake do wrong, both together, is what failed and what the mistake alone fails: a mistake is
    the cause if it gives what the answer gave on all that failed, and if that is the share ``LIKELY`` of both together.
    It may be the cause if it is the share ``MAY_BE``, and if it explains all that failed or contradicts nothing that
    passed. Of several it is the one with the largest share.
    """
    asked = [failed[i] and bool(probe.expected.error) == refusals for i, probe in enumerate(record.probes)]
    if not any(asked):
        return None
    best, best_rank = None, (False, 0.0)
    for mistake in record.mistakes:
        wrong = _errors(record, mistake.outcomes)
        agrees = [agree(record, *both) for both in zip(mistake.outcomes, outcomes, strict=True)]
        explained = sum(map(all, zip(asked, wrong, agrees, strict=True)))
        contradicted = sum(w and not f for w, f in zip(wrong, failed, strict=True))
        share = explained / (sum(asked) + contradicted)
        certain = explained == sum(asked) and share >= LIKELY
        perhaps = share >= MAY_BE and (explained == sum(asked) or not contradicted)
        if (certain or perhaps) and (certain, share) > best_rank:
            best, best_rank = Cause(mistake.name, mistake.hint, certain), (certain, share)
    return best


def plain_cause(record: Record, outcomes: list[Outcome], failed: list[bool], refusals: bool) -> Cause | None:
    """What the wrong outcomes are, told from the right ones alone: what no author of the exercise had to foresee.

    It is told where it holds for all that failed, among refusals or among the other probes, and with "may be" where it
    holds for at least the share ``MAY_BE`` of that.
    """
    found: list[tuple[str, str]] = []
    broke = {o.error.types[0] for p, o in zip(record.probes, outcomes, strict=True) if o.error and not p.expected.error}
    for place, (probe, outcome) in enumerate(zip(record.probes, outcomes, strict=True)):
        if failed[place] and bool(probe.expected.error) == refusals:
            reason = differs(record, probe.expected, outcome) or ""
            name, hint = likeness(probe.expected, outcome, reason, record.tolerance)
            if not name and not refusals:
                hint = answer_to_another(record.probes, outcomes, place, record.tolerance)
                name = "right_for_another" if hint else ""
            if refusals and outcome.error and outcome.error.types[0] in broke:
                name = ""  # it breaks wherever it is called
            found.append((name, hint))
    count = Counter(name for name, _ in found if name).most_common(1)
    if not count or count[0][1] < MAY_BE * len(found):
        return None
    (name, number), hints = count[0], dict(reversed(found))
    return Cause(name, hints[name], number == len(found))


def own_cause(record: Record, outcomes: list[Outcome], place: int) -> Cause | None:
    """The known mistake behind one failed probe of an exercise whose probes are questions of their own.

    Of several that give this answer it is the one that is wrong about the fewest others.
    """
    known = [mistake for mistake in record.mistakes if agree(record, mistake.outcomes[place], outcomes[place])]
    known = [mistake for mistake in known if _errors(record, mistake.outcomes)[place]]
    best = min(known, key=lambda mistake: sum(_errors(record, mistake.outcomes)), default=None)
    return Cause(best.name, best.hint, True) if best else None


def _errors(record: Record, outcomes: Sequence[Outcome]) -> list[bool]:
    """On which probes ``outcomes`` are wrong."""
    return [differs(record, p.expected, o) is not None for p, o in zip(record.probes, outcomes, strict=True)]


def agree(record: Record, mistake: Outcome, outcome: Outcome) -> bool:
    """Whether an answer's ``outcome`` is what a known mistake gives: the same value or type, or the same error.

    Two programs that do the same may round otherwise: floats that are ``NEAR`` are the same.
    """
    if mistake.error:
        return outcome.error is not None and _same_error(mistake.error, outcome.error)
    if isinstance(mistake.value, Wrong):
        return isinstance(outcome.value, Wrong) and mistake.value.description == outcome.value.description
    return differs(replace(record, tolerance=max(record.tolerance, NEAR)), mistake, outcome) is None


def _same_error(one: Error, other: Error) -> bool:
    """The same type, and raised by the function's own code or with the same message; numbers in it may differ."""
    if one.types[0] != other.types[0]:
        return False
    return (one.own and other.own) or _without_numbers(one.message) == _without_numbers(other.message)


def _without_numbers(message: str) -> str:
    return re.sub(r"\d+", "#", message)
