"""Every notebook runs with another model: a folder of GPT-2's kind in the environment variable GENLAB_MODEL.

A small one in `make test`; one of GPT-2's size in `make nightly`, where no cell may take long either. The weights are
random, so what the text says of the storyteller's outputs does not hold. What must hold: no cell fails, and none
writes to stderr.
"""

import os
from datetime import datetime

import pytest
from nbclient import NotebookClient

from tests.support import gpt2_kind
from tests.support.course import ROOT, SOLUTIONS, names, read

pytestmark = pytest.mark.xdist_group("another_model")  # its folder is made once

SMALL = {"vocab_size": 4_099, "n_embd": 32, "n_layer": 2, "n_head": 4}
GPT2 = {}  # the configuration's own sizes, 124 million parameters
PATIENCE = 60.0  # seconds for a cell on a core that is shared: 30 on two idle cores


@pytest.fixture(scope="module", params=[SMALL, pytest.param(GPT2, marks=pytest.mark.nightly)], ids=["small", "gpt2"])
def folder(request, tmp_path_factory):
    made = tmp_path_factory.mktemp("model")
    gpt2_kind.save(made, **request.param)
    return made


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_a_notebook_runs_with_a_model_of_gpt2_s_kind(path, folder):
    notebook = read(path)
    checks = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    for cell in checks:  # they bring their own models
        notebook.cells.remove(cell)
    client = NotebookClient(
        notebook, timeout=600, allow_errors=True, resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute(env=os.environ | {"PYTHONPATH": str(ROOT), "GENLAB_MODEL": str(folder)})
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert str(folder) in code[0].outputs[0].text, "another model was loaded"
    for cell in code:
        for output in cell.outputs:
            assert output.output_type != "error", f"{cell.id}: {output.ename}: {output.evalue}"
            assert output.get("name") != "stderr", f"{cell.id}: {output.text}"
    assert {cell.id: took(cell) for cell in code if took(cell) > PATIENCE} == {}


def took(cell) -> float:
    """The seconds that a cell ran."""
    times = cell.metadata.execution
    begin, end = (datetime.fromisoformat(times[name]) for name in ("iopub.execute_input", "shell.execute_reply"))
    return (end - begin).total_seconds()
