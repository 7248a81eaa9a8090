"""The machinery of a check: values as data, one run, the verdict, the words."""

import json
import math
import sys
import warnings
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genlab import check
from genlab.checking import CheckFailed
from genlab.judging.adapters import Adapter
from genlab.judging.outcome import Call, Mistake, Outcome, ProbeRecord, Record
from genlab.judging.runner import outcomes_of, run
from genlab.judging.values import Resource, Wrong, decode, encode, same
from genlab.judging.verdict import judge, report, score

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(plain)
def test_plain_values_survive_json(value):
    assert same(value, decode(json.loads(json.dumps(encode(value)))), 0)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor([[1.5, -math.inf, math.nan]]),
        torch.tensor(7),
        torch.empty(0, 3, dtype=torch.int64),
        torch.tensor([True, False]),
        torch.arange(6).reshape(2, 3).T,
        torch.tensor([1.25], dtype=torch.bfloat16),
    ],
)
def test_tensors_survive_json(tensor):
    back = decode(json.loads(json.dumps(encode(tensor))))
    assert back.dtype == tensor.dtype and same(tensor, back, 0)


class AlwaysEqual:
    def __eq__(self, other):
        return True

    __hash__ = None


class Sub(torch.Tensor):
    pass


class Liar(int):
    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize("value", [AlwaysEqual(), Liar(3), torch.tensor([1.0]).as_subclass(Sub), lambda: 1, {1, 2}])
def test_what_is_no_plain_value_equals_nothing(value):
    coded = encode(value)
    assert list(coded) == ["$wrong"]
    assert isinstance(decode(coded), Wrong)
    for expected in (value, 3, torch.tensor([1.0]), [value]):
        assert not same(expected, decode(coded), 1.0)


@pytest.mark.parametrize("data", [{"a": 1}, {"$float": "1"}, {"$pickle": ""}, {"$tensor": 1, "x": 2}, object()])
def test_foreign_data_is_refused(data):
    with pytest.raises(ValueError, match="not a value"):
        decode(data)


@pytest.mark.parametrize(
    "expected, got, equal",
    [
        (torch.tensor([1.0]), torch.tensor([1.0 + 1e-6]), True),
        (torch.tensor([1.0]), torch.tensor([1.0 + 1e-4]), False),
        (torch.tensor([1.0]), torch.tensor([1]), False),
        (torch.tensor([1.0]), torch.tensor([[1.0]]), False),
        (torch.tensor([1.0]), torch.tensor([1.0], dtype=torch.float64), False),
        (torch.tensor([-math.inf]), torch.tensor([torch.finfo(torch.float32).min]), False),
        (torch.tensor([math.nan]), torch.tensor([math.nan]), True),
        (torch.tensor([0.0]), torch.tensor([math.nan]), False),
        ([1, 2], (1, 2), True),
        ([1, 2], [1, 2, 3], False),
        (1, True, False),
        (1.0, 1, False),
        (1.0, math.inf, False),
        (math.inf, math.inf, True),
        ({"a": 1.0}, {"a": 1.0}, True),
        ({"a": 1.0}, {"b": 1.0}, False),
        ("a", "a ", False),
    ],
)
def test_same(expected, got, equal):
    assert same(expected, got, 1e-5) is equal


def test_what_is_nested_deeper_than_eight_lists_is_not_followed():
    def nested(levels):
        value = []
        for _ in range(levels):
            value = [value]
        return value

    assert decode(encode(nested(8))) == nested(8)
    endless = []
    endless.append(endless)
    for value in (nested(9), endless):
        assert json.dumps(encode(value)).count("nested too deeply") == 1


def test_a_run_notes_everything_and_lets_nothing_out(capfd):
    def student(ids, model):
        print("hello")
        print("oh", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        ids[0, 0] = 9
        return model(ids).logits.shape[-1]

    args = {"ids": torch.tensor([[1, 2, 3]]), "model": Resource("probe_model", seed=1)}
    outcome = run(student, args)
    assert outcome.value == 31 and outcome.error is None
    assert outcome.mutated == ("ids",)
    assert outcome.calls == (Call((1, 3), grad=True),)
    assert outcome.printed == "hello\n"
    assert "oh" in outcome.warned and "careful" in outcome.warned
    assert torch.equal(args["ids"], torch.tensor([[1, 2, 3]])), "a probe's own arguments stay as they are"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyError("k")])
def test_an_error_of_the_student_is_an_outcome(error):
    def student():
        raise error

    outcome = run(student, {})
    assert outcome.error.types[0] == type(error).__name__
    assert outcome.error.message == str(error)


def test_a_function_that_never_returns_is_stopped():
    def student():
        while True:
            pass

    outcome = run(student, {}, seconds=0.2)
    assert outcome.error.types[0] == "TookTooLong"
    assert "loop" in outcome.error.message


def record(function, *probes, **options):
    """An exercise's record made by hand; ``probes``: weight and arguments of each."""
    made = (ProbeRecord(f"probe {i}", weight, args, run(function, args)) for i, (weight, args) in enumerate(probes))
    return Record("made_up", 4, tuple(made), **options)


def judged(exercise, function):
    return judge(exercise, outcomes_of(function, exercise))


def test_outcomes_and_records_survive_json():
    def wanted(ids, model):
        if not ids:
            raise ValueError("no ids")
        print("hello")
        return {"logits": model(torch.tensor([ids])).logits.isfinite().all(), "nan": math.nan}

    model = Resource("probe_model", seed=1)
    made = record(wanted, (1, {"ids": [1, 2], "model": model}), (2, {"ids": [], "model": model}), no_grad=True)
    made = replace(made, mistakes=(Mistake("forgets", "A hint.", tuple(p.expected for p in made.probes)),))
    data = json.loads(json.dumps(made.to_json()))
    again = Record.from_json(data)
    assert again.to_json() == data
    assert again.probes[1].expected == made.probes[1].expected
    assert again.probes[0].expected.calls == (Call((1, 2), grad=True),)
    assert (again.no_grad, again.calls, again.adapter) == (True, False, Adapter.CALL)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"value": {"a": 1}},
        {"error": {"types": [], "message": ""}},
        {"error": {"types": ["E"], "message": 3}},
        {"error": 7},
        {"value": 1, "mutated": [3]},
        {"value": 1, "calls": [{"shape": ["x"], "grad": True}]},
        {"value": 1, "calls": [{"shape": [1]}]},
        {"value": 1, "printed": b"x"},
    ],
)
def test_an_outcome_of_another_form_is_refused(data):
    with pytest.raises((ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError)):
        Outcome.from_json(data)


@pytest.mark.parametrize(
    "view",
    [
        torch.arange(6.0).reshape(1, 6).cumsum(-1)[:, -1],  # one element, with a stride
        torch.arange(24.0).reshape(1, 2, 12)[:, :, -1],
        torch.ones(1, 1).expand(3, 4),
        torch.arange(4.0)[::2],
        torch.arange(3.0, requires_grad=True) * 2,
    ],
    ids=["one element", "a column", "expanded", "every second", "with gradients"],
)
def test_a_view_is_as_good_as_a_copy(view):
    exercise = record(lambda: view.detach().clone(), (1, {}))
    assert judged(exercise, lambda: view)[0].passed


def test_no_call_sees_what_another_did_to_its_model():
    def breaks(model, tokenizer):
        with torch.no_grad():
            for weight in model.parameters():
                weight.zero_()
        model.train()
        tokenizer.padding_side, tokenizer.pad_token = "left", "a"
        return 0

    args = {"model": Resource("probe_model", seed=5), "tokenizer": Resource("tokenizer")}
    state = record(lambda model, tokenizer: (model.training, tokenizer.padding_side, tokenizer.pad_token), (1, args))
    logits = record(lambda model, tokenizer: model(torch.tensor([[1, 2]])).logits.detach(), (1, args))
    run(breaks, args)
    assert judged(state, lambda model, tokenizer: (False, "right", None))[0].passed
    assert judged(logits, lambda model, tokenizer: model(torch.tensor([[1, 2]])).logits.detach())[0].passed


def test_one_thread_while_a_student_s_function_runs():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert run(torch.get_num_threads, {}).value == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_a_cause_is_a_name_and_a_hint():
    """The complete match wins over a partial one; nothing is looked for when nothing failed."""
    probes = [(1, {"x": x}) for x in (1, 2, 3)]
    exercise = record(lambda x: x, *probes)

    def mistake(name, function):
        return Mistake(name, f"hint of {name}", tuple(outcomes_of(function, exercise)))

    known = (mistake("always", lambda x: -x), mistake("above one", lambda x: -x if x > 1 else x))
    exercise = replace(exercise, mistakes=known)
    told = [(v.cause, v.hint) for v in judged(exercise, lambda x: -x if x > 1 else x) if not v.passed]
    assert told == [("above one", "hint of above one")] * 2, "it agrees where the answer is right, too"
    assert {v.cause for v in judged(exercise, lambda x: -x)} == {"always"}
    assert {v.cause for v in judged(exercise, lambda x: x)} == {""}
    assert {v.cause for v in judged(exercise, lambda x: None)} == {""}


def test_a_cause_is_named_from_half_of_the_failed_probes_on():
    """Of the five probes that fail for this answer, the mistake explains two, then three."""
    probes = [(1, {"x": x}) for x in range(1, 6)]
    for explained, cause in ((2, ""), (3, "seven")):
        exercise = record(lambda x: 0, *probes)
        outcomes = tuple(Outcome(7 if i < explained else 8) for i in range(5))
        verdicts = judged(replace(exercise, mistakes=(Mistake("seven", "Not 7.", outcomes),)), lambda x: 7)
        assert {verdict.cause for verdict in verdicts} == {cause}


def test_partial_credit_is_the_share_of_the_weighted_probes():
    exercise = record(abs, (1, {"x": 2}), (3, {"x": -2}))
    assert score(judged(exercise, lambda x: x), 4) == 1
    assert score(judged(exercise, lambda x: max(x, -x)), 4) == 4
    assert score(judged(exercise, lambda x: str(x)), 4) == 0


def test_an_error_that_is_asked_for_must_come_with_words():
    def wanted(x):
        raise ValueError("x must be positive")

    def silent(x):
        raise ValueError

    def unrelated(x):
        raise KeyError("x")

    exercise = record(wanted, (1, {"x": 2}))
    assert judged(exercise, wanted)[0].passed
    assert "says nothing" in judged(exercise, silent)[0].reason
    assert "must be refused with a ValueError" in judged(exercise, unrelated)[0].reason
    assert "was accepted" in judged(exercise, lambda x: x)[0].reason


def test_changing_an_argument_fails_even_with_the_right_result():
    def in_place(x):
        x.append(1)
        return 2

    exercise = record(lambda x: 2, (1, {"x": []}))
    (verdict,) = judged(exercise, in_place)
    assert not verdict.passed and "changed in place" in verdict.reason


def test_the_options_calls_and_no_grad():
    @torch.no_grad()
    def good(model):
        return model(torch.tensor([[1]])).logits.shape[-1]

    def with_gradients(model):
        return model(torch.tensor([[1]])).logits.shape[-1]

    @torch.no_grad()
    def twice(model):
        good(model)
        return good(model)

    probe = (1, {"model": Resource("probe_model")})
    exercise = record(good, probe, calls=True, no_grad=True)
    assert judged(exercise, good)[0].passed
    assert "gradients" in judged(exercise, with_gradients)[0].reason
    assert "2 x [1, 1] instead of [1, 1]" in judged(exercise, twice)[0].reason


def test_the_report_names_what_was_expected_and_what_came():
    exercise = record(lambda x: x + 1, (1, {"x": 2}), (1, {"x": 3}))
    text = report("add", judged(exercise, lambda x: 3))
    assert "add: 1 of 2 probes passed" in text
    for words in ("FAIL  probe 1", "input:    x = 3", "expected: 4", "got:      3"):
        assert words in text
    assert "input" not in report("add", judged(exercise, lambda x: 3), show_inputs=False)


def test_the_report_tells_an_error_once():
    def broken(x):
        raise KeyError("missing" if x < 4 else "other")

    exercise = record(lambda x: x + 1, *((1, {"x": i}) for i in (2, 3, 4)))
    text = report("add", judged(exercise, broken), details=3)
    assert text.count("KeyError: 'missing'") == 1 and "KeyError: 'other'" in text
    assert "FAIL  probe 1: the same error" in text


def test_a_hint_that_sounds_like_success_is_no_success(monkeypatch):
    """Whether a check passed is asked of the verdicts, not of the report's words."""
    exercise = record(lambda x: x, (1, {"x": 2}))
    wrong = Mistake("boasts", "Look again: all 3 probes passed.", (Outcome(value=3),))
    monkeypatch.setattr("genlab.checking.load", lambda name: replace(exercise, mistakes=(wrong,)))
    with pytest.raises(CheckFailed, match=r"probes passed\.$"):
        check("boasts", lambda x: 3)
    check("boasts", lambda x: x)


def test_check_speaks_to_whoever_misuses_it():
    with pytest.raises(CheckFailed, match="Did you mean 'left_pad'"):
        check("left_padd", lambda rows, pad_id: None)
    with pytest.raises(CheckFailed, match="Pass the function itself"):
        check("left_pad", 3)
    try:
        check("left_pad", 3)
    except CheckFailed as failure:
        assert failure._render_traceback_() == str(failure).splitlines()
