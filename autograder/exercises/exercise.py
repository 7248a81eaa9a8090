"""How an exercise is declared: one file an exercise, named like the function that the student writes.

``CONTRIBUTING.md`` shows the form. ``all_exercises`` in this package finds every declaration.
"""

import functools
import inspect
import random
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from genlab.judging.adapters import Adapter
from genlab.judging.outcome import Mistake, Outcome, ProbeRecord, Record, Rule
from genlab.judging.runner import generated, resolve, run

PUBLIC_SEED = "public"


class Probe:
    """One input: a name that the student reads, the rule that it tests, and the arguments in order.

    ``hidden``: the visible check does not show it; only grading asks it.
    """

    def __init__(self, name: str, *, rule: str = "", hidden: bool = False, **args: Any) -> None:
        self.name, self.rule, self.hidden, self.args = name, rule or name, hidden, args


@dataclass(frozen=True)
class WrongAnswer:
    """A wrong implementation that people write, and the hint that its author needs."""

    name: str
    function: Callable
    hint: str


@dataclass(eq=False)
class Exercise:
    """One exercise: rules, probes, an oracle, mistakes with their hints, other right implementations.

    ``module``: ``__name__`` of the declaring file, whose last part is the exercise's name: that of the function that
    the student writes, and the grade_id. ``points``: the maximum. ``runs``: the name of the rule about forward passes:
    ``calls`` and ``no_grad`` are judged in its probes only; without it, in all. The other options are those of
    ``Record`` in ``genlab.judging.outcome``.

    The rest is declared with decorators and with ``slip``. What the exercise ``refuses`` is refused, before they run,
    by oracle, reference, slips, mistakes and alternatives alike, except where ``refuses=False``, or in a
    table of slips ``(refuses nothing)``, stands.
    """

    module: str
    points: float
    tolerance: float = 0.0
    exact_zeros: bool = False
    forbids: tuple[str, ...] = ()
    calls: bool = False
    no_grad: bool = False
    runs: str = ""
    sealed: bool = False
    adapter: Adapter = Adapter.CALL
    mistakes: list[WrongAnswer] = field(default_factory=list, init=False)
    alternatives: list[Callable] = field(default_factory=list, init=False)
    _rules: dict[str, Rule] = field(default_factory=dict, init=False)
    _generate: Callable[..., dict[str, Any]] | None = field(default=None, init=False)
    _refuses: Callable[..., str | None] | None = field(default=None, init=False)
    _probes: Callable[[random.Random], Iterable[Probe]] | None = field(default=None, init=False)
    _oracle: Callable | None = field(default=None, init=False)
    _reference: Callable | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """The function that the student writes."""
        return self.module.rpartition(".")[2]

    # -- what a declaration consists of

    def rules(self, table: str) -> None:
        """Declare what the card and the docstring promise: for each rule a line ``name: sentence``.

        The sentence is what a student reads when a probe of the rule fails; it may go on in indented lines. ``name (2):
        sentence`` gives the rule the weight 2.
        """
        for entry in re.split(r"\n(?! )", textwrap.dedent(table).strip("\n")):
            head, _, text = entry.partition(": ")
            found = re.fullmatch(r"(\w+)(?: \((\d+)\))?", head)
            if found is None or not text.strip() or found[1] in self._rules:
                raise ValueError(f"{self.name}: a rule is a line `name: sentence` with a new name, not {entry!r}")
            self._rules[found[1]] = Rule(found[1], " ".join(text.split()), float(found[2] or 1))

    def refuses(self, function: Callable[..., str | None]) -> Callable:
        """Decorate the function that says, for a probe's arguments, why they must be refused with a ValueError.

        It returns the message, or None (or an empty text) for arguments that are accepted.
        """
        self._refuses = function
        return function

    def probes(self, function: Callable[[random.Random], Iterable[Probe]]) -> Callable:
        """Decorate the function that makes the probes from a random generator, edge cases first."""
        self._probes = function
        return function

    def oracle(self, function: Callable) -> Callable:
        """Decorate the function whose outcomes are right: the library's, wherever it has one."""
        self._oracle = self._guarded(function)
        return self._oracle

    def generates(self, function: Callable[..., dict[str, Any]]) -> Callable:
        """Decorate the function that gives, for a probe's arguments, the settings of the right ``model.generate``.

        The settings, which hold a ``seed``, are the oracle of an exercise with the arguments ``model`` and ``ids``: the
        visible check asks the library when it runs, on the student's computer.
        """
        self._generate = function
        return function

    def reference(self, function: Callable) -> Callable:
        """Decorate a right implementation in plain Python and torch: the one that slips change."""
        self._reference = function
        self.alternatives.append(self._guarded(function))
        return self.alternatives[-1]

    def slip(self, name: str, old: str, new: str, hint: str, refuses: bool = True) -> None:
        """Declare a mistake that is a small edit of the reference: ``new`` in place of ``old``.

        The edited function goes without the reference's decorators: under ``@torch.no_grad()`` its slips leave
        gradients on. Raises ValueError when ``old`` does not stand exactly once in the reference's source.
        """
        reference = self._plain_reference()
        source = textwrap.dedent(inspect.getsource(reference))
        source = source[source.index("def ") :]  # without its decorators
        if source.count(old) != 1:
            raise ValueError(f"{self.name}: the slip {name} changes {old!r}, which stands {source.count(old)} times")
        scope: dict[str, Callable] = {}
        exec(compile(source.replace(old, new), f"<{self.name}: {name}>", "exec"), reference.__globals__, scope)
        self._add_mistake(name, scope[reference.__name__], hint, refuses)

    def slips(self, table: str) -> None:
        """Declare several slips: for each a line ``name: old => new`` and, indented below it, the hint.

        A long or multi-line ``new`` stands on lines of its own below ``name: old``, each after ``=> ``. A slip that
        also accepts what must be refused is written ``name (refuses nothing): old => new``; without an edit,
        ``name (refuses nothing)``, it is the reference that refuses nothing.
        """
        entries: list[list[str]] = []
        for line in textwrap.dedent(table).strip("\n").splitlines():
            if line.startswith(" ") and entries:
                entries[-1].append(line.strip())
            elif line.strip():
                entries.append([line])
        for head, *rest in entries:
            name, _, edit = head.partition(": ")
            name, everything, _ = name.partition(" (refuses nothing)")
            old, arrow, new = edit.partition(" =>")
            code = [line for line in rest if line.startswith("=>")]
            hint = " ".join(line for line in rest if line not in code)
            if everything and not edit and not code:
                self._add_mistake(name, self._plain_reference(), hint, refuses=False)
                continue
            if not old or bool(arrow) == bool(code):
                raise ValueError(f"{self.name}: a slip begins with a line `name: old => new`, not with {head!r}")
            new = new.strip() if arrow else "\n".join(line.removeprefix("=>").removeprefix(" ") for line in code)
            self.slip(name, old.strip(), new, hint, refuses=not everything)

    def _plain_reference(self) -> Callable:
        """The reference without its decorators and without refusals: what slips change."""
        assert self._reference is not None, f"{self.name}: slips need a reference before them"
        return inspect.unwrap(self._reference)

    def mistake(self, function: Callable | None = None, *, refuses: bool = True) -> Callable:
        """Decorate a wrong implementation that is no small edit of the reference; its docstring is the hint."""
        if function is None:
            return functools.partial(self.mistake, refuses=refuses)
        self._add_mistake(function.__name__, function, inspect.getdoc(function) or "", refuses)
        return function

    def alternative(self, function: Callable | None = None, *, refuses: bool = True) -> Callable:
        """Decorate a different right implementation."""
        if function is None:
            return functools.partial(self.alternative, refuses=refuses)
        self.alternatives.append(self._guarded(function) if refuses else function)
        return function

    def _add_mistake(self, name: str, function: Callable, hint: str, refuses: bool) -> None:
        if any(mistake.name == name for mistake in self.mistakes):
            raise ValueError(f"{self.name}: two mistakes are called {name!r}")
        guarded = self._guarded(function) if refuses else function
        self.mistakes.append(WrongAnswer(name, guarded, " ".join(hint.split())))

    def _guarded(self, function: Callable) -> Callable:
        """``function``, called only with arguments that the exercise accepts; others are refused with a ValueError."""

        @functools.wraps(function)
        def refusing(*args: Any, **kwargs: Any) -> Any:
            if self._refuses is not None and (why := self._refuses(*args, **kwargs)):
                raise ValueError(why)
            return function(*args, **kwargs)

        return refusing

    # -- what comes of it

    def record(self, seed: str = PUBLIC_SEED, hints: bool = True) -> Record:
        """All that judging needs, as data: the probes of ``seed`` with their outcomes.

        The record of a grading seed holds the hidden probes as well, and its probes stand in an order of its own, so
        that no answer can be told by its place. Without ``hints`` the mistakes are left out: enough to tell right from
        wrong, and much quicker. Raises ValueError for a probe whose rule is not declared, and for a rule without one.
        """
        assert self._probes is not None, f"{self.name} has no probes"
        rng = random.Random(f"{self.name} {seed}")
        probes = list(self._probes(rng))
        if seed == PUBLIC_SEED:
            probes = [probe for probe in probes if not probe.hidden]
        else:
            rng.shuffle(probes)
        if wrong := {probe.rule for probe in probes} ^ set(self._rules):
            raise ValueError(f"{self.name}: these rules are not declared, or have no probe: {', '.join(sorted(wrong))}")

        def outcomes(function: Callable) -> list[Outcome]:
            """What is compared of each outcome, and no more: a record must not depend on what ran before."""
            return [
                self._essence(probe, run(function, probe.args, self.adapter, forbids=self.forbids)) for probe in probes
            ]

        def expected(probe: Probe) -> ProbeRecord:
            if self._oracle is None:
                return self._generated(probe)
            outcome = run(self._oracle, probe.args, self.adapter)
            return ProbeRecord(probe.name, probe.rule, probe.args, self._essence(probe, outcome))

        return Record(
            name=self.name,
            points=self.points,
            rules=tuple(self._rules.values()),
            probes=tuple(map(expected, probes)),
            mistakes=tuple(
                Mistake(wrong.name, wrong.hint, tuple(outcomes(wrong.function))) for wrong in self.mistakes if hints
            ),
            tolerance=self.tolerance,
            exact_zeros=self.exact_zeros,
            forbids=self.forbids,
            calls=self.calls,
            no_grad=self.no_grad,
            sealed=self.sealed,
            adapter=self.adapter,
        )

    def _generated(self, probe: Probe) -> ProbeRecord:
        """The record of a probe whose oracle is ``model.generate`` with the settings of ``generates``.

        What the reference refuses is refused; else of what it does only the forward passes are kept, if they are
        judged, and ``generated`` asks the library for those of today.
        """
        assert self._generate is not None and self._reference is not None, f"{self.name} has no oracle"
        expected = self._essence(probe, run(self._guarded(self._reference), probe.args, self.adapter))
        made = ProbeRecord(probe.name, probe.rule, probe.args, expected)
        if expected.error:
            return made
        real = (resolve(value) for value in probe.args.values())
        return generated(replace(made, generate=self._generate(*real)))

    def _essence(self, probe: Probe, outcome: Outcome) -> Outcome:
        """What of an outcome is compared."""
        error = replace(outcome.error, line="") if outcome.error else None
        left = tuple(change for change in outcome.left if "gradients" in change)
        judged = (self.calls or self.no_grad) and (error or self.runs in ("", probe.rule))
        return replace(outcome, error=error, printed="", warned="", left=left, calls=outcome.calls if judged else ())
