"""The ten calls of notebook 04: the table that a student sees is the one that the oracle runs."""

from autograder.exercises.nb04_stopping.mixed_calls import CALLS, EOS, FULL_STOP, LINES, oracle, reference
from tests.support.course import ROOT, read

NOTEBOOK = ROOT / "solutions" / "04_stopping" / "04_stopping.ipynb"


def test_the_notebook_asks_the_calls_that_the_oracle_runs():
    cell = next(cell for cell in read(NOTEBOOK).cells if cell.id == "mixed-calls-table")
    namespace: dict[str, object] = {}
    exec(cell.source, namespace)
    named = {name: namespace[name] for name in ("CALLS", "LINES", "EOS", "FULL_STOP")}
    assert named == {"CALLS": CALLS, "LINES": LINES, "EOS": EOS, "FULL_STOP": FULL_STOP}


def test_the_library_does_what_the_answers_say():
    assert {call: oracle(call) for call in CALLS} == {call: reference(call) for call in CALLS}
