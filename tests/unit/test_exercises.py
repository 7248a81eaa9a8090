"""Every declared exercise does what it promises: right answers pass, known mistakes get their own hint.

The tests of an exercise run in one worker, so that its records are made once.
"""

import functools
import inspect
import itertools
import json
from dataclasses import replace

import pytest
import torch

from autograder.authoring.build_checks import build, is_fresh
from autograder.exercises import Exercise, Probe, all_exercises, files
from genlab.checking import DATA, CheckFailed, check
from genlab.judging.outcome import Call, Error, Outcome, Record
from genlab.judging.runner import generated, outcomes_of
from genlab.judging.values import Resource
from genlab.judging.verdict import judge, score
from tests.support.course import SOLUTIONS, read

EXERCISES = all_exercises()
SEEDS = ["public", "a class's seed"]
WITH_HINTS = [
    "public",
    pytest.param("a class's seed", marks=pytest.mark.nightly),
]  # minutes, for each mistake once more


def record(name: str, seed: str, hints: bool | None = None) -> Record:
    """A record, made once: that of the visible check with its mistakes, that of a class without, where nothing else
    is said."""
    return _made(name, seed, seed == SEEDS[0] if hints is None else hints)


@functools.cache
def _made(name: str, seed: str, hints: bool) -> Record:
    return EXERCISES[name].record(seed, hints=hints)


def of_one_exercise(name, *values, id=""):
    return pytest.param(name, *values, id=id or name, marks=pytest.mark.xdist_group(name))


each = pytest.mark.parametrize("name", [of_one_exercise(name) for name in EXERCISES])


@pytest.mark.parametrize("seed", WITH_HINTS)
@pytest.mark.parametrize(
    "name, mistake",
    [of_one_exercise(n, m.name, id=f"{n}-{m.name}") for n, exercise in EXERCISES.items() for m in exercise.mistakes],
)
def test_a_mistake_fails_with_its_own_hint(name, mistake, seed):
    """The record holds what each mistake's function gave: that is judged like a student's answer."""
    made = record(name, seed, hints=True)
    known = next(m for m in made.mistakes if m.name == mistake)
    verdicts = judge(made, list(known.outcomes))
    assert score(verdicts, made.points) < made.points
    assert {(v.cause, v.hint) for v in verdicts if not v.passed} == {(mistake, known.hint)}
    assert len(known.hint) > 40, "the hint does not teach"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "name, right",
    [of_one_exercise(n, f, id=f"{n}-{f.__name__}") for n, exercise in EXERCISES.items() for f in exercise.alternatives],
)
def test_another_right_answer_passes(name, right, seed):
    made = record(name, seed)
    verdicts = judge(made, outcomes_of(right, made))
    assert [v for v in verdicts if not v.passed] == []
    assert score(verdicts, made.points) == made.points


@each
def test_there_are_mistakes_and_two_right_answers(name):
    exercise = EXERCISES[name]
    assert len(exercise.mistakes) >= 4 and len(exercise.alternatives) >= 2


@each
def test_an_unwritten_exercise_earns_nothing_and_is_told_so(name):
    def stub(*args, **kwargs):
        raise NotImplementedError("replace this line with your code")

    made = record(name, SEEDS[1])
    assert score(judge(made, outcomes_of(stub, made)), made.points) == 0
    with pytest.raises(CheckFailed, match="not written yet"):
        check(name, stub)


@each
def test_nonsense_fails_with_words(name):
    for nonsense in (lambda *args, **kwargs: object(), lambda *args, **kwargs: None):
        with pytest.raises(CheckFailed, match="FAIL"):
            check(name, nonsense)


@each
def test_grading_has_kinds_of_its_own(name):
    """What the visible check shows is asked with other inputs and in another order, and more is asked."""
    public, graded = record(name, SEEDS[0]), record(name, SEEDS[1])
    shown, asked = ([probe.name for probe in made.probes] for made in (public, graded))
    assert set(shown) <= set(asked) and asked[: len(shown)] != shown
    if not public.sealed:  # predictions about fixed cases: there is nothing to vary
        assert set(asked) > set(shown), "a probe with hidden=True"
        public, graded = ({p["name"]: p["args"] for p in made.to_json()["probes"]} for made in (public, graded))
        assert any(public[kind] != graded[kind] for kind in public)


@pytest.mark.parametrize("seed", WITH_HINTS)
@each
def test_every_rule_has_an_answer_that_breaks_it_alone(name, seed):
    """What a card promises is tested: for each of its rules there is a mistake that this rule catches, and no other."""
    made = record(name, seed, hints=True)
    assert len(made.rules) >= 3 and all(len(rule.text) > 25 for rule in made.rules), "rules are sentences"
    broken = {frozenset(v.rule for v in judge(made, list(m.outcomes)) if not v.passed) for m in made.mistakes}
    assert [rule.name for rule in made.rules if {rule.text} not in broken] == []


@pytest.mark.parametrize(
    "seed", [SEEDS[1], *(pytest.param(seed, marks=pytest.mark.nightly) for seed in ("another", "a third"))]
)
@each
def test_what_computes_nothing_earns_nothing(name, seed):
    """A function that only raises, gives one answer, or plays the visible answers back in their order."""
    shown = [probe.expected for probe in record(name, SEEDS[0]).probes]
    made = record(name, seed)
    number = len(made.probes)
    lazy = [[Outcome(error=Error((kind, "Exception"), "no"))] * number for kind in ("ValueError", "TypeError")]
    expected = [*shown, *(probe.expected for probe in made.probes)]
    different = {json.dumps(outcome.to_json()): outcome for outcome in expected}  # many probes expect the same
    lazy += [[outcome] * number for outcome in different.values()]
    if not made.sealed:
        lazy.append(list(itertools.islice(itertools.cycle(shown), number)))
    for outcomes in lazy:
        verdicts = judge(made, outcomes)
        assert score(verdicts, made.points) <= 0.05 * made.points, {v.rule for v in verdicts if v.passed}


@each
def test_the_data_of_the_visible_check_is_fresh(name):
    """What is committed is what the declaration gives today."""
    assert is_fresh(DATA / f"{name}.json", record(name, SEEDS[0])), f"run `make checks`: {name}"


def test_data_that_is_right_is_left_to_the_byte(tmp_path):
    """Noise in the last digits is no change, another number is; only what was named is touched."""
    (wanted,) = build(tmp_path, ["apply_temperature"])
    text = wanted.read_text(encoding="utf-8")
    other = tmp_path / "softmax.json"
    other.write_text("not looked at", encoding="utf-8")
    assert build(tmp_path, ["apply_temperature"]) == [] and wanted.read_text(encoding="utf-8") == text
    wanted.write_text(text.replace('"tolerance": 1e-06', '"tolerance": 1.00000001e-06'), encoding="utf-8")
    assert build(tmp_path, ["apply_temperature"]) == []
    wanted.write_text(text.replace('"tolerance": 1e-06', '"tolerance": 0.25'), encoding="utf-8")
    assert build(tmp_path, ["apply_temperature"]) == [wanted] and wanted.read_text(encoding="utf-8") == text
    assert other.read_text(encoding="utf-8") == "not looked at"


def test_data_and_declarations_are_the_same_exercises():
    assert sorted(path.stem for path in DATA.iterdir()) == sorted(files()) != [], "run `make checks`"


def test_notebooks_and_declarations_agree():
    points, stubs = {}, set()
    for path in SOLUTIONS:
        for cell in read(path).cells:
            meta = cell.metadata.get("nbgrader", {})
            if cell.cell_type == "code" and meta.get("grade"):
                points[meta["grade_id"]] = meta["points"]
                name = meta["grade_id"].removeprefix("test_")
                assert f'grade("{name}", ' in cell.source and f'check("{name}", ' in cell.source
                assert files()[name].split(".")[-2] == f"nb{path.stem}"
            elif cell.cell_type == "code" and meta.get("solution"):
                stubs.add(meta["grade_id"])
    assert points == {f"test_{name}": exercise.points for name, exercise in EXERCISES.items()}
    assert stubs == set(EXERCISES)


def test_a_declaration_with_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="no_grads"):
        Exercise("x.y", points=1, no_grads=True)


def test_a_slip_that_changes_nothing_is_refused():
    exercise = Exercise(f"{__name__}.doubled", points=1)
    exercise.reference(doubled)
    with pytest.raises(ValueError, match="stands 0 times"):
        exercise.slip("stale", "x * 3", "x * 4", "A hint.")
    with pytest.raises(ValueError, match="stands 2 times"):
        exercise.slip("ambiguous", "x", "y", "A hint.")
    exercise.slip("halves", "x * 2", "x / 2", "A hint.")
    assert exercise.mistakes[0].function(4) == 2


def test_a_slip_may_accept_what_must_be_refused():
    exercise = Exercise(f"{__name__}.doubled", points=1)
    with pytest.raises(AssertionError, match="need a reference"):
        exercise.slips("anything (refuses nothing)\n    A hint.")
    exercise.refuses(lambda x: "x must not be 0" if x == 0 else "")
    exercise.reference(doubled)
    exercise.slips("""
        halves: x * 2 => x / 2
            A hint.
        halves_anything (refuses nothing): x * 2 => x / 2
            A hint.
        anything (refuses nothing)
            A hint
            of two lines.
    """)
    halves, halves_anything, anything = exercise.mistakes
    with pytest.raises(ValueError, match="must not be 0"):
        halves.function(0)
    assert (halves.function(4), halves_anything.function(4), anything.function(4)) == (2, 2, 8)
    assert (halves_anything.function(0), anything.function(0)) == (0, 0)
    assert (halves_anything.name, anything.name, anything.hint) == (
        "halves_anything", "anything", "A hint of two lines."
    )  # fmt: skip
    with pytest.raises(ValueError, match="begins with a line"):
        exercise.slips("nothing\n    A hint.")


def doubled(x):
    return x * 2


@torch.no_grad()
def writes(model, ids, n):
    for _ in range(n):
        ids = torch.cat([ids, model(ids).logits[:, -1].argmax(-1)[:, None]], dim=1)
    return ids


def test_forward_passes_are_judged_under_one_rule_also_where_the_library_is_right():
    """How often the model runs, and in which mode, is what the library does today; elsewhere it may run as it likes."""
    exercise = Exercise(f"{__name__}.writes", points=1, calls=True, no_grad=True, runs="runs")
    exercise.rules("tokens: the tokens are those of the library\nruns: every step runs the model once")
    exercise.refuses(lambda model, ids, n: "the prompt is empty" if ids.numel() == 0 else "")
    exercise.reference(writes)

    @exercise.probes
    def probes(rng):
        model = Resource("probe_model", seed=rng.randrange(100), eos_token_id=None)
        for rule in ("tokens", "runs"):
            yield Probe(f"two tokens: {rule}", rule=rule, model=model, ids=torch.tensor([[3, 1, 4]]), n=2)
        yield Probe("an empty prompt", rule="tokens", model=model, ids=torch.empty(1, 0).long(), n=2)

    @exercise.generates
    def settings(model, ids, n):
        return {"seed": 0, "do_sample": False, "max_new_tokens": n, "pad_token_id": 0}

    record = Record.from_json(exercise.record().to_json())
    steps = (Call((1, 3), grad=False), Call((1, 4), grad=False))
    assert [probe.expected.calls for probe in record.probes] == [(), steps, ()]
    elsewhere = replace(record.probes[1], expected=Outcome(calls=steps * 9))
    assert generated(elsewhere).expected.calls == steps

    def reasons(function):
        return [verdict.reason for verdict in judge(record, outcomes_of(function, record))]

    def refusing(model, ids, n):
        if ids.numel() == 0:
            raise ValueError("the prompt is empty")
        return writes(model, ids, n)

    def runs_at_first(model, ids, n):
        model(ids if ids.numel() else torch.tensor([[1]]))
        return refusing(model, ids, n)

    def without_gradients(model, ids, n):
        with torch.no_grad():
            return runs_at_first(model, ids, n)

    unwrapped = inspect.unwrap(writes)
    assert reasons(refusing) == ["", "", ""]
    assert reasons(unwrapped)[0] == "" and "gradients on" in reasons(unwrapped)[1]
    for function in (runs_at_first, without_gradients):
        tokens, runs, refusal = reasons(function)
        assert tokens == "" and "2 x [1, 3], [1, 4] instead of [1, 3], [1, 4]" in runs and "after 1 forward" in refusal
