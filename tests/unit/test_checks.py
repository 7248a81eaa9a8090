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
from genlab.judging.differences import values_differ
from genlab.judging.outcome import Call, Mistake, Outcome, ProbeRecord, Record, Rule, read, sealed
from genlab.judging.runner import outcomes_of, run
from genlab.judging.values import Resource, Wrong, decode, encode, same
from genlab.judging.verdict import NOT_TOLD, judge, report, score
from genlab.models import RESOURCES

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
    """An exercise's record made by hand; ``probes``: arguments of each, which is a rule of its own."""
    made = tuple(ProbeRecord(f"probe {i}", f"rule {i}", args, run(function, args)) for i, args in enumerate(probes))
    rules = tuple(Rule(probe.rule, f"Sentence of {probe.name}.") for probe in made)
    return Record("made_up", 4, rules, made, **options)


def judged(exercise, function):
    return judge(exercise, outcomes_of(function, exercise))


def test_outcomes_and_records_survive_json():
    def wanted(ids, model):
        if not ids:
            raise ValueError("no ids")
        print("hello")
        return {"logits": model(torch.tensor([ids])).logits.isfinite().all(), "nan": math.nan}

    model = Resource("probe_model", seed=1)
    made = record(wanted, {"ids": [1, 2], "model": model}, {"ids": [], "model": model}, no_grad=True)
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
    exercise = record(lambda: view.detach().clone(), {})
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
    state = record(lambda model, tokenizer: (model.training, tokenizer.padding_side, tokenizer.pad_token), args)
    logits = record(lambda model, tokenizer: model(torch.tensor([[1, 2]])).logits.detach(), args)
    run(breaks, args)
    assert judged(state, lambda model, tokenizer: (False, "right", None))[0].passed
    assert judged(logits, lambda model, tokenizer: model(torch.tensor([[1, 2]])).logits.detach())[0].passed


def test_a_cause_is_a_name_and_a_hint():
    """The complete match wins over a partial one; nothing is looked for when nothing failed."""
    probes = [{"x": x} for x in (1, 2, 3)]
    exercise = record(lambda x: x, *probes)

    def mistake(name, function):
        return Mistake(name, f"hint of {name}", tuple(outcomes_of(function, exercise)))

    known = (mistake("always", lambda x: -x), mistake("above one", lambda x: -x if x > 1 else x))
    exercise = replace(exercise, mistakes=known)
    told = [(v.cause, v.hint) for v in judged(exercise, lambda x: -x if x > 1 else x) if not v.passed]
    assert told == [("above one", "hint of above one")] * 2, "it agrees where the answer is right, too"
    assert {v.cause for v in judged(exercise, lambda x: -x)} == {"always"}
    assert {v.cause for v in judged(exercise, lambda x: x)} == {""}
    assert {v.cause for v in judged(exercise, lambda x: x + 0.5)} == {""}


def test_what_explains_only_half_of_the_failed_probes_may_be_the_cause():
    """Of the five probes that fail for this answer, the mistake explains two, three, all."""
    for explained, told in ((2, ("", False)), (3, ("seven", False)), (5, ("seven", True))):
        exercise = record(lambda x: 0, *({"x": x} for x in range(1, 6)))
        outcomes = tuple(Outcome(7 if i < explained else 8) for i in range(5))
        verdicts = judged(replace(exercise, mistakes=(Mistake("seven", "Not 7.", outcomes),)), lambda x: 7)
        assert {(verdict.cause, verdict.certain) for verdict in verdicts} == {told}
        assert ("May be: Not 7." in report("zero", verdicts)) == (told == ("seven", False))


def test_no_cause_contradicts_what_passed():
    """The mistake gives what failed here, and is wrong about half of what was right."""
    exercise = record(lambda x: x, *({"x": x} for x in range(6)))
    zero = Mistake("zero", "Not 0.", tuple(Outcome(0) for _ in range(6)))
    verdicts = judged(replace(exercise, mistakes=(zero,)), lambda x: 0 if x == 5 else x)
    assert {verdict.cause for verdict in verdicts} == {""}


def test_refusals_are_judged_apart_from_values():
    """Two faults, two causes: a fault in a refusal hides no other."""

    def right(x):
        if x < 0:
            raise ValueError("x is negative")
        return x + 1

    exercise = record(right, *({"x": x} for x in (-2, -1, 1, 2, 3)))
    known = {"accepts": lambda x: x + 1, "doubles": lambda x: 2 * x if x > 0 else right(x)}
    mistakes = (Mistake(name, f"{name}.", tuple(outcomes_of(f, exercise))) for name, f in known.items())
    exercise = replace(exercise, mistakes=tuple(mistakes))
    assert [v.cause for v in judged(exercise, lambda x: 2 * x if x > 0 else x + 1)] == [
        "accepts", "accepts", "", "doubles", "doubles"
    ]  # fmt: skip


def test_a_mistake_that_does_more_wrong_may_be_the_cause_or_is_none():
    """The answer fails for one input; the mistake gives what it gave there, and is wrong about others as well."""
    exercise = record(lambda x: x, *({"x": x} for x in range(12)))
    for more, told in ((0, ("zero", True)), (1, ("zero", False)), (2, ("", False))):
        zero = Mistake("zero", "Not 0.", tuple(Outcome(0 if x >= 11 - more else x) for x in range(12)))
        (verdict,) = [v for v in judged(replace(exercise, mistakes=(zero,)), lambda x: 0 if x == 11 else x) if v.cause
                      or not v.passed]  # fmt: skip
        assert (verdict.cause, verdict.certain) == told


def test_a_mistake_explains_only_what_it_does_wrong_itself():
    """Both refuse; the answer runs the model before, and the mistake does not."""

    def right(model, n):
        if n > 2:
            raise ValueError("n is too large")
        with torch.no_grad():
            return model(torch.tensor([[1] * n])).logits

    def late(model, n):
        with torch.no_grad():
            model(torch.tensor([[1]]))
        return right(model, n)

    model = Resource("probe_model", seed=1)
    exercise = record(right, *({"model": model, "n": n} for n in (1, 2, 3)), calls=True, no_grad=True)
    same_error = Mistake("grad", "Gradients.", (*(replace(p.expected, calls=()) for p in exercise.probes[:2]),
                                                exercise.probes[2].expected))  # fmt: skip
    verdicts = judged(
        replace(exercise, mistakes=(same_error,)), lambda model, n: late(model, n) if n > 2 else right(model, n)
    )
    assert [v.passed for v in verdicts] == [True, True, False] and verdicts[2].cause == ""


ROW = torch.tensor([[0.5, -1.25, 3.125, -math.inf], [2.0, 0.25, -0.5, 1.0]])
ONE = torch.tensor([[0.5, -1.25, 3.125]])


def fails(*_):
    torch.zeros(2)[5]


@pytest.mark.parametrize(
    "right, wrong, words",
    [
        (ROW, lambda x: ROW.double(), "they are float64 and not float32: convert them with .float()"),
        (torch.tensor([1, 2]), lambda x: torch.tensor([1, 2], dtype=torch.int32), "convert them with .long()"),
        (ONE, lambda x: ONE[0], "their shape is [3] and not [1, 3]"),
        ((ONE, 2), lambda x: (ONE[:, None], 2), "their shape is [1, 1, 3] and not [1, 3]"),
        (ONE, lambda x: ONE.tolist(), "a list came where a Tensor is asked for"),
        ([1, 2], lambda x: list(torch.tensor([1, 2])), "a Tensor came where an int is asked for"),
        (ONE, lambda x: ONE.numpy(), "holds a numpy.ndarray, where a Tensor is asked for"),
        (ROW, lambda x: ROW.softmax(-1), "right but for a softmax at its end"),
        (ROW, lambda x: ROW.log_softmax(-1), "right but for a log_softmax at its end"),
        (ROW, lambda x: ROW - 7, "The differences in each row are right"),
        (ONE.exp(), lambda x: ONE, "the natural logarithms of the right values"),
        (ONE, lambda x: ONE.exp(), "right but for exp()"),
        (ONE, lambda x: -ONE, "right but for its sign"),
        ([0.123456, 0.5, 0.25], lambda x: [0.123, 0.5, 0.25], "The numbers were rounded (0.123)"),
        ((ONE, 0.75), lambda x: (ONE * 100, 75.0), "Every number is 100 times the right one"),
        (ONE, lambda x: None, "returned None"),
        (ONE, lambda x: x["a"].append(1) or ONE, "the argument x was changed, which belongs to the caller"),
        # and what is none of this
        (ONE, lambda x: ONE.flip(-1), ""),
        (torch.ones(2, 3), lambda x: torch.zeros(2, 3), ""),
        ([1, 2, 3], lambda x: [1, 2], ""),
        ("text", lambda x: 3, ""),
        (ONE, fails, ""),
    ],
)
def test_a_cause_that_nobody_declared(right, wrong, words):
    exercise = record(lambda x: right, {"x": {"a": [1]}})
    (verdict,) = judged(exercise, wrong)
    assert not verdict.passed and (words in verdict.hint if words else verdict.hint == "")
    assert verdict.certain == bool(words)


def test_a_refusal_with_another_error_is_told():
    def right(x):
        raise ValueError("no")

    def asserts(x):
        assert x > 1, "no"

    exercise = record(right, {"x": 1})
    assert "with an AssertionError instead of a ValueError" in judged(exercise, asserts)[0].hint
    assert "broke with an IndexError" in judged(exercise, fails)[0].hint
    breaks_everywhere = record(lambda x: 1 if x else right(x), {"x": 0}, {"x": 1})
    assert {v.hint for v in judged(breaks_everywhere, fails)} == {""}


def test_the_right_answer_to_an_earlier_probe_is_told():
    def right(words, low):
        return [word.lower() if low else word for word in words]

    remembered = {}

    def cached(words, low):
        return remembered.setdefault(tuple(words), right(words, low))

    words = ["Once upon a time", "THE END"]
    given = {"words": words, "low": True}, {"words": words, "low": False}, {"words": words[:1], "low": False}
    hints = [v.hint for v in judged(record(right, *given), cached)]
    assert hints[0] == hints[2] == ""
    assert "right for an earlier probe (probe 0), in which only low was another" in hints[1]


def test_the_same_error_has_the_same_message_or_is_raised_by_the_function_itself():
    def crashes(x):
        return torch.zeros(2)[x]

    def elsewhere(x):
        return torch.zeros(2).reshape(3)

    def refuses_in_other_words(x):
        raise IndexError("no such place")

    exercise = record(lambda x: 0.0, {"x": 5}, {"x": 6})
    exercise = replace(exercise, mistakes=(Mistake("crashes", "A hint.", tuple(outcomes_of(crashes, exercise))),))
    causes = [judged(exercise, f)[0].cause for f in (crashes, elsewhere, refuses_in_other_words)]
    assert causes == ["crashes", "", ""]


def test_points_weigh_rules():
    """A rule holds when all its probes pass; refusals alone earn nothing; nor does one answer for everything."""

    def wanted(x):
        if x < 0:
            raise ValueError("x is negative")
        return x // 2

    exercise = record(wanted, *({"x": x} for x in (2, 3, 8, -1)))
    rules = (Rule("even", "Even."), Rule("odd", "Odd.", 2.0), Rule("negative", "Negative."))
    probes = [replace(p, rule=r) for p, r in zip(exercise.probes, ("even", "odd", "even", "negative"), strict=True)]
    exercise = replace(exercise, rules=rules, probes=tuple(probes))

    def points(function):
        return score(judged(exercise, function), 4)

    def only_raises(x):
        raise ValueError("no")

    assert points(wanted) == 4
    assert points(lambda x: 1 if x == 2 else wanted(x)) == 4
    assert points(lambda x: 9 if x == 2 else wanted(x)) == 3, "one of two probes broken: the rule is broken"
    assert points(lambda x: 9 if x == 3 else wanted(x)) == 2, "a rule of weight 2"
    assert points(lambda x: x // 2) == 3
    assert points(only_raises) == points(lambda x: 1) == points(lambda x: None) == 0
    assert "the same answer, whatever it is given" in judged(exercise, lambda x: 1)[0].reason


def test_an_error_that_is_asked_for_must_come_with_words():
    def wanted(x):
        raise ValueError("x must be positive")

    def silent(x):
        raise ValueError

    def unrelated(x):
        raise KeyError("x")

    exercise = record(wanted, {"x": 2})
    assert judged(exercise, wanted)[0].passed
    assert "says nothing" in judged(exercise, silent)[0].reason
    assert "must be refused with a ValueError" in judged(exercise, unrelated)[0].reason
    assert "was accepted" in judged(exercise, lambda x: x)[0].reason


def test_changing_an_argument_fails_even_with_the_right_result():
    def in_place(x):
        x.append(1)
        return 2

    exercise = record(lambda x: 2, {"x": []})
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

    probe = {"model": Resource("probe_model")}
    exercise = record(good, probe, calls=True, no_grad=True)
    assert judged(exercise, good)[0].passed
    assert "gradients" in judged(exercise, with_gradients)[0].reason
    assert "2 x [1, 1] instead of [1, 1]" in judged(exercise, twice)[0].reason


def test_the_report_names_what_was_expected_and_what_came():
    """The cause first, then the broken rule with the whole story, then a line for each other probe."""
    exercise = record(lambda x: x + 1, {"x": 2}, {"x": 3}, {"x": 4})
    exercise = replace(exercise, mistakes=(Mistake("three", "Not 3.", (Outcome(3), Outcome(3), Outcome(5))),))
    verdicts = judged(exercise, lambda x: 3 if x == 3 else x + 1)
    assert report("add", verdicts).splitlines() == [
        "add: 2 of 3 probes passed",
        "Likely cause: Not 3.",
        "  FAIL  probe 1",
        "        rule:     Sentence of probe 1.",
        "        input:    x = 3",
        "        expected: 4",
        "        got:      3",
        "        why:      the values differ",
        "  ok    probe 0",
        "  ok    probe 2",
    ]
    assert "input" not in report("add", verdicts, show_inputs=False)


@pytest.mark.parametrize(
    "want, got, words",
    [
        ((torch.zeros(2, 3), 1), (torch.zeros(2, 3), 2), "result[1] is 2, not 1"),
        (([1, 2], 0), ([1, 2, 3], 0), "result[0] has 3 elements, not 2"),
        (torch.zeros(2, 3), torch.eye(3)[:2], "result[0, 0] is 1, not 0, and 1 more of 6 differ"),
        (torch.zeros(2, 3), torch.zeros(2, 3).double(), "the dtype of the result is float64, not float32"),
        ([torch.zeros(2)], [torch.zeros(1, 2)], "the shape of result[0] is [1, 2], not [2]"),
        (torch.tensor([0.1]), torch.tensor([0.1000003]), "result[0] is 0.1000003, not 0.1"),
        ({"a": 1.0}, {"a": "1"}, "result['a'] is of type str, not float"),
        ([0.5, None], [0.5, 3], "result[1] is of type int, not NoneType"),
        (
            "Once upon a time there was a dog.",
            "Once upon a time there was a cat.",
            "the result differs from character 29 on: 'cat.', not 'dog.'",
        ),
    ],
)
def test_a_difference_says_where(want, got, words):
    assert values_differ(want, got, 1e-9) == words


def test_an_error_tells_the_line_of_the_student_s_own_code():
    def student(x):
        return torch.stack(x)

    (verdict,) = judged(record(lambda x: 0, {"x": []}), student)
    assert "return torch.stack(x)" in verdict.line and "where:    line" in report("stack", [verdict])
    assert not run(student, {"x": []}).error.own


def test_token_ids_are_shown_as_text_where_there_is_a_tokenizer():
    args = {"tokenizer": Resource("tokenizer"), "ids": torch.tensor([[416, 268], [268, 416]])}
    (verdict,) = judged(record(lambda tokenizer, ids: 0, args), lambda tokenizer, ids: 1)
    tokenizer = RESOURCES["tokenizer"]()
    assert repr(tokenizer.decode([416, 268])) in verdict.given


def test_every_call_has_its_own_world_and_what_it_leaves_behind_is_told():
    def student(model, tokenizer):
        torch.set_grad_enabled(False)
        torch.set_num_threads(3)
        model.train()
        tokenizer.padding_side = "left"
        return torch.rand(1).item()

    args = {"model": Resource("probe_model"), "tokenizer": Resource("tokenizer")}
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    first, second = run(student, args), run(student, args)
    assert first.value == second.value and torch.equal(torch.get_rng_state(), before)
    assert torch.is_grad_enabled() and torch.get_num_threads() == threads
    told = " ".join(first.left)
    for words in ("gradients", "threads", "model.training = True", "tokenizer.padding_side = 'left'"):
        assert words in told
    exercise = record(lambda model, tokenizer: first.value, args)
    assert "But it left gradients" in report("made_up", judged(exercise, student))
    with torch.no_grad():
        assert run(torch.is_grad_enabled, {}).value is True, "an earlier cell's setting hides nothing"


def test_what_is_left_to_write_is_named():
    """An answer may consist of several functions: the report says which of them raise NotImplementedError."""

    def first():
        raise NotImplementedError

    def second():
        raise NotImplementedError

    exercise = record(lambda x: x, *({"x": x} for x in (0, 1, 2)))
    verdicts = judged(exercise, lambda x: (first, second)[x]() if x < 2 else x)
    assert report("both", verdicts).startswith("both: not written yet: first, second. Replace the line")
    assert report("first", judged(exercise, lambda x: first())).startswith("first: not written yet. Replace")


def test_a_mistake_that_refuses_rightly_is_no_cause():
    """An error without words is not what a mistake gives that refuses the same input with words."""

    def right(x):
        if x < 0:
            raise ValueError("x is negative")
        return x

    def wordless(x):
        if x < 0:
            raise ValueError
        return x

    exercise = record(right, {"x": -1}, {"x": 3})
    doubles = Mistake("doubles", "Do not double.", tuple(outcomes_of(lambda x: 2 * right(x), exercise)))
    (refused, passed) = judged(replace(exercise, mistakes=(doubles,)), wordless)
    assert passed.passed and "says nothing" in refused.reason and refused.cause == ""


def test_no_answer_is_held_while_a_function_runs():
    """Whoever walks up the frames of a visible check finds the questions alone."""
    found = []

    def nosy(rows, pad_id):
        frame = sys._getframe(1)
        while frame is not None:
            for value in frame.f_locals.values():
                probes = value.probes if isinstance(value, Record) else [value]
                found.extend(p for p in probes if isinstance(p, ProbeRecord) and p.expected != Outcome())
            frame = frame.f_back

    with pytest.raises(CheckFailed):
        check("left_pad", nosy)
    assert found == []


def test_sealed_answers_are_not_read_by_who_opens_the_file():
    made = replace(record(lambda x: "same", {"x": 1}), sealed=True)
    assert "same" not in sealed(made) and read(sealed(made)) == made
    (verdict,) = judged(made, lambda x: "different")
    assert verdict.expected == NOT_TOLD


def test_the_report_tells_an_error_once():
    def broken(x):
        raise KeyError("missing" if x < 4 else "other")

    exercise = record(lambda x: x + 1, *({"x": i} for i in (2, 3, 4)))
    text = report("add", judged(exercise, broken), details=3)
    assert text.count("KeyError: 'missing'") == 1 and "KeyError: 'other'" in text
    assert "FAIL  probe 1: the same error" in text


def test_a_hint_that_sounds_like_success_is_no_success(monkeypatch):
    """Whether a check passed is asked of the verdicts, not of the report's words."""
    exercise = record(lambda x: x, {"x": 2})
    wrong = Mistake("boasts", "Look again: all 3 probes passed.", (Outcome(value=3),))
    monkeypatch.setattr("genlab.checking.load", lambda name: replace(exercise, mistakes=(wrong,)))
    with pytest.raises(CheckFailed, match=r"all 3 probes passed\."):
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


def test_settings_are_judged_by_the_scores_that_they_give():
    raw, ids = torch.tensor([[2.0, -1.0, 1.0, 0.5]]), torch.tensor([[1]])
    args = {"raw": raw, "processed": raw, "ids": ids}

    def found(settings):
        return run(lambda *_: settings, args, Adapter.SETTINGS).value

    assert found({})["settings"] == [] and torch.equal(found({})["scores"], raw)
    some = found({"k": 2, "T": torch.tensor(2.0), "penalty": 2})
    assert some["settings"] == ["penalty", "T", "k"]
    assert some["scores"].tolist() == [[1.0, -math.inf, 0.5, -math.inf]]
    assert found({"p": 0.5, "top_p": 1})["settings"] == ["p", "top_p"]
    assert "no step takes" in found({"T": 0.0})["scores"] and "no step takes" in found({"k": None})["scores"]
    assert found((1.0, 2)) == (1.0, 2)


def test_what_is_not_written_yet_is_named():
    """Whoever checks ``warp`` before ``top_k`` is written is sent back to ``top_k``."""
    names = {"torch": torch}
    source = "def apply_temperature(x, T):\n    return x.float() / T\n"
    for step in ("top_k", "top_p", "min_p"):
        source += f"def {step}(x, value):\n    raise NotImplementedError()\n"
    source += (
        "def warp(x, T=1.0, k=0, p=1.0, m=0.0):\n    return min_p(top_p(top_k(apply_temperature(x, T), k), p), m)\n"
    )
    exec(source, names)
    with pytest.raises(CheckFailed, match="it needs top_k, which is not written yet"):
        check("warp", names["warp"])
    with pytest.raises(CheckFailed, match="top_k: not written yet"):
        check("top_k", names["top_k"])
