"""The verdict on each probe, from data alone, the points, and the report that a person reads.

Runs beside the student in the notebook and in a trusted process when a class is graded; it never calls
the student's code.
"""

import json
import re
from dataclasses import dataclass

from genlab.judging.causes import cause_of, own_cause
from genlab.judging.differences import RAISED, UNWRITTEN, differs
from genlab.judging.outcome import Outcome, ProbeRecord, Record
from genlab.judging.values import Resource, show, show_text
from genlab.models import RESOURCES

NOT_TOLD = "not told: run it and see, or think again"  # of a prediction; its hint teaches what is needed
ALWAYS_THE_SAME = "the function gives the same answer, whatever it is given"


@dataclass(frozen=True)
class Verdict:
    """The result of one probe. ``rule``: the sentence of the card that the probe tests; ``weight``: the rule's.

    ``refusal``: the right answer is an error. What follows is empty when the probe passed.
    """

    probe: str
    rule: str
    weight: float
    refusal: bool
    passed: bool
    given: str = ""  # the arguments, in words
    expected: str = ""
    got: str = ""
    reason: str = ""  # what differs, and where
    line: str = ""  # of the student's own code, after an error
    cause: str = ""  # the name of the known mistake whose outcome this is
    certain: bool = False  # the mistake explains all that failed
    hint: str = ""  # what that mistake's author needs to read
    notes: tuple[str, ...] = ()  # printed text, warnings, lasting changes


def judge(record: Record, outcomes: list[Outcome]) -> list[Verdict]:
    """One verdict for each probe of ``record``; ``outcomes`` stand in the same order.

    A function that gives the same answer to every probe has passed none of them, where there is more than one answer;
    what is refused rightly is left to ``score``, which gives nothing for refusals alone.
    """
    reasons = [differs(record, probe.expected, o) for probe, o in zip(record.probes, outcomes, strict=True)]
    if _all_alike(outcomes) and not _all_alike([probe.expected for probe in record.probes]):
        refused = [probe.expected.error is not None for probe in record.probes]
        reasons = [r or (None if right else ALWAYS_THE_SAME) for r, right in zip(reasons, refused, strict=True)]
    failed = [reason is not None for reason in reasons]
    causes = {refusals: cause_of(record, outcomes, failed, refusals) for refusals in (False, True)}
    verdicts = []
    for place, (probe, outcome, reason) in enumerate(zip(record.probes, outcomes, reasons, strict=True)):
        rule, refusal = record.rule(probe), probe.expected.error is not None
        if reason is None:
            verdicts.append(Verdict(probe.name, rule.text, rule.weight, refusal, True, notes=outcome.left))
            continue
        cause = own_cause(record, outcomes, place) if record.sealed else causes[refusal]
        verdicts.append(
            Verdict(
                probe.name,
                rule.text,
                rule.weight,
                refusal,
                False,
                given=_given(probe),
                expected=NOT_TOLD if record.sealed else describe(probe.expected),
                got=describe(outcome),
                reason=reason,
                line=outcome.error.line if outcome.error else "",
                cause=cause.name if cause else "",
                certain=cause.certain if cause else False,
                hint=cause.hint if cause else "",
                notes=_notes(outcome),
            )
        )
    return verdicts


def _all_alike(outcomes: list[Outcome]) -> bool:
    """Whether all outcomes are the same value, or all are errors of the same type."""
    return len({o.error.types[0] if o.error else json.dumps(o.to_json().get("value")) for o in outcomes}) == 1


def describe(outcome: Outcome) -> str:
    """An outcome in words: the value or the error."""
    if outcome.error:
        message = outcome.error.message.strip()
        return outcome.error.types[0] + (f": {message[:300]}" if message else "")
    return show(outcome.value)


def _given(probe: ProbeRecord) -> str:
    """The arguments in words; token ids with the text that they stand for, where the probe has a tokenizer."""
    resources = [value for value in probe.args.values() if isinstance(value, Resource)]
    tokenizer = next((RESOURCES[r.name](**r.settings) for r in resources if r.name == "tokenizer"), None)
    parts = []
    for name, value in probe.args.items():
        text = show_text(value, tokenizer.decode) if tokenizer and "mask" not in name else ""
        parts.append(f"{name} = {show(value)}" + (f" ({text})" if text else ""))
    return ", ".join(parts)


def _notes(outcome: Outcome) -> tuple[str, ...]:
    printed, warned = outcome.printed.strip(), outcome.warned.strip()
    notes = [f"it printed: {printed[:200]}"] * bool(printed) + [f"it warned: {warned[:300]}"] * bool(warned)
    return (*notes, *outcome.left)


def score(verdicts: list[Verdict], points: float) -> float:
    """The share of the rules that hold, by their weights, in points; all of them give exactly ``points``.

    A rule holds when all its probes passed. Rules that only refuse bad input count once another rule holds: a function
    that refuses everything has done nothing.
    """
    if all(verdict.passed for verdict in verdicts):
        return float(points)
    rules: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        rules.setdefault(verdict.rule, []).append(verdict)
    hold = [tests for tests in rules.values() if all(verdict.passed for verdict in tests)]
    if all(verdict.refusal for tests in hold for verdict in tests):
        return 0.0
    total = sum(tests[0].weight for tests in rules.values())
    return round(points * sum(tests[0].weight for tests in hold) / total, 2)


def report(name: str, verdicts: list[Verdict], show_inputs: bool = True, details: int = 1) -> str:
    """What a person reads: the likely cause, the first broken rules with the whole story, a line for each other probe.

    ``details``: of how many failed probes the whole story is told.
    """
    passed = sum(verdict.passed for verdict in verdicts)
    lasting = dict.fromkeys(note for verdict in verdicts if verdict.passed for note in verdict.notes)
    if passed == len(verdicts):
        return "\n".join([f"{name}: all {passed} probes passed.", *(f"But {note}" for note in lasting)])
    if all(verdict.reason == UNWRITTEN for verdict in verdicts if not verdict.passed):
        needed = [found[1] for verdict in verdicts if (found := re.search(r"(\w+) is not written yet$", verdict.got))]
        if needed:
            return f"{name}: it needs {needed[0]}, which is not written yet. Go back to that exercise first."
        return f"{name}: not written yet{_unwritten(name, verdicts)}. Replace the line that raises NotImplementedError."
    lines = [f"{name}: {passed} of {len(verdicts)} probes passed"]
    questions = any(verdict.expected == NOT_TOLD for verdict in verdicts)  # each has a hint of its own
    for hint, certain in dict.fromkeys((v.hint, v.certain) for v in verdicts if v.hint and not questions):
        lines.append(f"{'Likely cause' if certain else 'May be'}: {hint}")
    told: set[str] = set()
    others = []
    for verdict in verdicts:
        known = verdict.reason == RAISED and verdict.got in told
        if verdict.passed or known or details <= 0:
            others.append(f"  {'ok  ' if verdict.passed else 'FAIL'}  {verdict.probe}{': the same error' * known}")
            others += [f"        {'hint:':<10}{verdict.hint}"] * (questions and bool(verdict.hint))
            continue
        details -= 1
        told.add(verdict.got)
        lines += _story(verdict, show_inputs) + [f"        {'hint:':<10}{verdict.hint}"] * (
            questions and bool(verdict.hint)
        )
    return "\n".join([*lines, *others])


def _unwritten(name: str, verdicts: list[Verdict]) -> str:
    """Of several functions that make one answer those that are left to write."""
    found = (re.match(r"line \d+ of (\w[\w.]*):", verdict.line) for verdict in verdicts if not verdict.passed)
    left = dict.fromkeys(where[1] for where in found if where)
    return f": {', '.join(left)}" if set(left) - {name} else ""


def _story(verdict: Verdict, show_inputs: bool) -> list[str]:
    """All that is known of one failed probe."""
    facts = [("rule", verdict.rule)] * (verdict.rule != verdict.probe)
    facts += [("input", verdict.given)] * show_inputs
    facts += [("expected", verdict.expected), ("got", verdict.got), ("why", verdict.reason)]
    facts += [("where", verdict.line)] * bool(verdict.line)
    facts += [("note", note) for note in verdict.notes]
    return [f"  FAIL  {verdict.probe}", *(f"        {label + ':':<10}{_indent(text)}" for label, text in facts)]


def _indent(text: str) -> str:
    return text.replace("\n", "\n" + " " * 18)
