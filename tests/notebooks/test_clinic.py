"""The twelve patients of the error clinic (notebook 05) and what the installed library says of each.

A new version of the library that words a message otherwise, raises where it logged, or mends a patient by itself,
fails here for this patient: then read its cells in the notebook, its causes and its hints again.
"""

import re

import pytest
import torch

from autograder.exercises import exercise
from autograder.exercises.nb05_model_generate import clinic_logged, clinic_loud, clinic_silent
from genlab.judging.adapters import Adapter
from genlab.judging.runner import run
from genlab.models import load_model
from tests.support.course import SOLUTIONS, read

TEXT = "Once upon a time there was a little"
LOUD = {
    "too_cold": ("ValueError", "`temperature` (=0) has to be a strictly positive float"),
    "seeded": ("ValueError", "The following `model_kwargs` are not used by the model: ['seed']"),
    "new_pad": ("IndexError", "index out of range in self"),
    "long_prompt": ("IndexError", "index out of range in self"),
}
LOGGED = {
    "ignored": "generation flags are not valid and may be ignored: ['temperature', 'top_p', 'top_k']",
    "two_limits": "Both `max_new_tokens` (=8) and `max_length`(=50) seem to have been set",
    "right_side": "right-padding was detected",
}
SILENT = ["maskless", "second_prompt", "embedded", "in_training", "half_config"]
WARDS = {clinic_loud: list(LOUD), clinic_logged: list(LOGGED), clinic_silent: SILENT}


def arguments(patient):
    """What the patient is called with, on the bundled model, as in the notebook."""
    tokenizer, model = load_model("storyteller")
    ids = tokenizer(TEXT, return_tensors="pt")["input_ids"]
    rows = [tokenizer.encode(text) for text in (TEXT, "Tom saw")]
    bear = tokenizer.encode(" bear")[0]

    def inputs(ids):
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}

    if patient == "two_limits":
        model.generation_config.max_length = 50
    if patient == "half_config":
        model.generation_config.do_sample = True
    if patient == "in_training":
        for module in model.train().modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.1
    others = {
        "seeded": {"inputs": inputs(ids), "n": 8, "seed": 7},
        "new_pad": {"rows": rows, "n": 8},
        "long_prompt": {"inputs": inputs(ids[:, :1].repeat(1, 250)), "n": 12},
        "ignored": {"inputs": inputs(ids), "n": 8, "seed": 1, "temperature": 0.7, "top_p": 0.9},
        "right_side": {"rows": rows, "n": 8, "pad": 0},
        "maskless": {"rows": [tokenizer.encode("Ben saw a bear. It was a big bear and Ben")], "n": 8, "pad": bear},
        "second_prompt": {"first": inputs(ids[:, :4]), "second": inputs(torch.cat([ids.flip(1), ids], 1)), "n": 8},
        "embedded": {"vectors": model.get_input_embeddings()(ids).detach(), "n": 12},
    }
    return {"model": model, **others.get(patient, {"inputs": inputs(ids), "n": 8})}


def treat(patient, function):
    """The outcome of a call, and with it what the library said."""
    asked = {"patient": patient, "asked": "result"}
    return run(lambda _: ("", function), asked | arguments(patient), Adapter.CLINIC)


@pytest.mark.parametrize("patient", LOUD)
def test_what_a_loud_patient_raises(patient):
    kind, piece = LOUD[patient]
    error = treat(patient, clinic_loud.BROKEN[patient]).error
    assert error is not None, f"{patient} raises no longer"
    assert error.types[0] == kind and piece in error.message, f"{patient} says: {error.types[0]}: {error.message}"


@pytest.mark.parametrize("patient", LOGGED)
def test_what_a_logged_patient_says(patient):
    outcome = treat(patient, clinic_logged.BROKEN[patient])
    assert outcome.error is None, f"{patient} raises: {outcome.error}"
    assert any(LOGGED[patient] in line for line in outcome.value["said"]), f"{patient}: {outcome.value['said']}"


@pytest.mark.parametrize("patient", SILENT)
def test_a_silent_patient_says_nothing_and_is_wrong(patient):
    broken = treat(patient, clinic_silent.BROKEN[patient])
    right = treat(patient, exercise("clinic_silent").alternatives[0](patient)[1])
    assert broken.error is None, f"{patient} raises: {broken.error}"
    assert broken.value["said"] == [], f"{patient} is silent no longer: {broken.value['said']}"
    assert str(broken.value["result"]) != str(right.value["result"]), f"{patient} is well"


@pytest.mark.parametrize("ward, patient", [(ward, patient) for ward, all_of in WARDS.items() for patient in all_of])
def test_a_mended_call_has_nothing_to_hear(ward, patient):
    outcome = treat(patient, ward.exercise.alternatives[0](patient)[1])
    assert outcome.error is None and outcome.value["said"] == [], patient


def test_these_are_the_patients_of_the_notebook():
    cells = {cell.id: cell.source for path in SOLUTIONS for cell in read(path).cells}
    if "clinic-loud" not in cells:
        pytest.skip("notebook 05 is not there yet")
    for ward, patients in WARDS.items():
        name = ward.exercise.name.replace("_", "-")
        assert list(ward.BROKEN) == patients
        assert [*re.findall(r"^def (\w+)\(model", cells[name], re.M)] == patients
        causes = re.findall(r'^\| `"(\w+)"` \|', cells[f"{name}-card"], re.M)
        named = {ward.exercise.alternatives[0](patient)[0] for patient in patients}
        named |= {wrong.function(patient)[0] for wrong in ward.exercise.mistakes for patient in patients}
        assert named <= {*causes} and len(causes) > len(patients)
