"""Every declared exercise does what it promises: right answers pass, known mistakes get their own hint."""

import inspect

import pytest
from course import SOLUTIONS, read

from autograder.exercises import all_exercises
from genlab.checks import CheckFailed, check, outcomes_of
from genlab.checks.judge import judge, score

EXERCISES = all_exercises()
SEEDS = ["public", "a class's seed"]


@pytest.fixture(scope="module")
def records():
    """Each record once: ``records(name, seed)``."""
    made = {}

    def record(name, seed):
        if (name, seed) not in made:
            made[name, seed] = EXERCISES[name].record(seed)
        return made[name, seed]

    return record


def cases(kind):
    return [
        pytest.param(name, function, id=f"{name}-{function.__name__}")
        for name, exercise in EXERCISES.items()
        for function in getattr(exercise, kind)
    ]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name, wrong", cases("misconceptions"))
def test_a_misconception_fails_with_its_own_hint(name, wrong, seed, records):
    record = records(name, seed)
    verdicts = judge(record, outcomes_of(wrong, record))
    assert score(verdicts, EXERCISES[name].points) < EXERCISES[name].points
    hint = " ".join(inspect.getdoc(wrong).split())
    assert {v.hint for v in verdicts if not v.passed} == {hint}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name, right", cases("alternatives"))
def test_another_right_answer_passes(name, right, seed, records):
    record = records(name, seed)
    verdicts = judge(record, outcomes_of(right, record))
    assert [v for v in verdicts if not v.passed] == []
    assert score(verdicts, EXERCISES[name].points) == EXERCISES[name].points


@pytest.mark.parametrize("name", EXERCISES)
def test_an_unwritten_exercise_earns_nothing_and_is_told_so(name, records):
    def stub(*args, **kwargs):
        raise NotImplementedError("replace this line with your code")

    record = records(name, SEEDS[1])
    assert score(judge(record, outcomes_of(stub, record)), EXERCISES[name].points) == 0
    with pytest.raises(CheckFailed, match="not written yet"):
        check(name, stub)


@pytest.mark.parametrize("name", EXERCISES)
def test_nonsense_fails_with_words(name):
    for nonsense in (lambda *args, **kwargs: object(), lambda *args, **kwargs: None):
        with pytest.raises(CheckFailed, match="FAIL"):
            check(name, nonsense)


@pytest.mark.parametrize("name", EXERCISES)
def test_grading_uses_other_probes_than_the_visible_check(name, records):
    public, graded = (records(name, seed)["probes"] for seed in SEEDS)
    assert [p["name"] for p in public] == [p["name"] for p in graded]
    if "sealed" not in EXERCISES[name].facets:  # predictions about fixed cases: there is nothing to vary
        assert [p["args"] for p in public] != [p["args"] for p in graded]


@pytest.mark.parametrize("name", EXERCISES)
def test_the_declaration_teaches(name):
    exercise = EXERCISES[name]
    assert exercise.misconceptions and exercise.alternatives
    for wrong in exercise.misconceptions:
        assert len(inspect.getdoc(wrong) or "") > 40, f"{wrong.__name__} has no hint"


def test_notebooks_and_declarations_agree():
    points, stubs = {}, set()
    for path in SOLUTIONS:
        for cell in read(path).cells:
            meta = cell.metadata.get("nbgrader", {})
            if cell.cell_type == "code" and meta.get("grade"):
                points[meta["grade_id"]] = meta["points"]
                name = meta["grade_id"].removeprefix("test_")
                assert f'grade("{name}", ' in cell.source and f'check("{name}", ' in cell.source
            elif cell.cell_type == "code" and meta.get("solution"):
                stubs.add(meta["grade_id"])
    assert points == {f"test_{name}": exercise.points for name, exercise in EXERCISES.items()}
    assert stubs == set(EXERCISES)
