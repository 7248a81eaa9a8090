"""Which known mistake an answer makes, from data alone: a cause is named only where it explains what was seen."""

import re
from dataclasses import dataclass

from genlab.judging.differences import differs
from genlab.judging.outcome import Error, Outcome, Record
from genlab.judging.values import Wrong

AGREES = 2 / 3  # of what passed: a mistake that contradicts more of it is not what happened
MAY_BE = 1 / 2  # of what failed: what a mistake must explain to be named with "may be"


@dataclass(frozen=True)
class Cause:
    """A known mistake that explains an answer. ``certain``: it explains all that failed."""

    name: str
    hint: str
    certain: bool


def likely_cause(record: Record, outcomes: list[Outcome], failed: list[bool], refusals: bool) -> Cause | None:
    """The known mistake that explains what failed, if there is one, among refusals or among the other probes.

    Refusals are judged apart from values: a student whose refusals and values are both wrong has made two mistakes.
    A mistake is the cause if it gives what the answer gave on all failed probes and on at least the share ``AGREES`` of
    the passed ones; of several the one that agrees on most probes. One that agrees on all passed probes and on at least
    the share ``MAY_BE`` of the failed ones may be the cause.
    """
    asked = [failed[i] and bool(probe.expected.error) == refusals for i, probe in enumerate(record.probes)]
    if not any(asked):
        return None
    best, best_rank = None, (False, 0)
    for mistake in record.mistakes:
        agrees = [agree(record, *both) for both in zip(mistake.outcomes, outcomes, strict=True)]
        explained = sum(a for a, f in zip(agrees, asked, strict=True) if f)
        kept, passed = sum(a for a, f in zip(agrees, failed, strict=True) if not f), len(failed) - sum(failed)
        certain = explained == sum(asked) and kept >= AGREES * passed
        perhaps = explained >= max(MAY_BE * sum(asked), 1) and kept == passed
        if (certain or perhaps) and (certain, sum(agrees)) > best_rank:
            best, best_rank = Cause(mistake.name, mistake.hint, certain), (certain, sum(agrees))
    return best


def own_cause(record: Record, outcomes: list[Outcome], place: int) -> Cause | None:
    """The known mistake behind one failed probe of an exercise whose probes are questions of their own.

    Of several that give this answer it is the one that is wrong about the fewest others.
    """

    def errors(outcomes: tuple[Outcome, ...]) -> list[bool]:
        return [differs(record, p.expected, o) is not None for p, o in zip(record.probes, outcomes, strict=True)]

    known = [mistake for mistake in record.mistakes if agree(record, mistake.outcomes[place], outcomes[place])]
    known = [mistake for mistake in known if errors(mistake.outcomes)[place]]
    best = min(known, key=lambda mistake: sum(errors(mistake.outcomes)), default=None)
    return Cause(best.name, best.hint, True) if best else None


def agree(record: Record, mistake: Outcome, outcome: Outcome) -> bool:
    """Whether an answer's ``outcome`` is what a known mistake gives: the same value or type, or the same error."""
    if mistake.error:
        return outcome.error is not None and _same_error(mistake.error, outcome.error)
    if isinstance(mistake.value, Wrong):
        return isinstance(outcome.value, Wrong) and mistake.value.description == outcome.value.description
    return differs(record, mistake, outcome) is None


def _same_error(one: Error, other: Error) -> bool:
    """The same type, and raised by the function's own code or with the same message; numbers in it may differ."""
    if one.types[0] != other.types[0]:
        return False
    return (one.own and other.own) or _without_numbers(one.message) == _without_numbers(other.message)


def _without_numbers(message: str) -> str:
    return re.sub(r"\d+", "#", message)
