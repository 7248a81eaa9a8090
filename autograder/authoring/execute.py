"""Run solution notebooks in place: ``python -m autograder.authoring.execute [NN_topic ...]``; without a name, all."""

import os
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.notebooknode import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def tidy(notebook: NotebookNode) -> NotebookNode:
    """Remove what differs from run to run, and live widgets' state: their picture and text stay."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if "outputs" in cell:
            cell.outputs = list(_joined(cell.outputs))
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data.pop(WIDGET_VIEW, None)
    return notebook


def _joined(outputs: list[NotebookNode]) -> Iterator[NotebookNode]:
    """``outputs`` with what was printed in a row as one output: where it is cut otherwise depends on timing."""
    for _, group in groupby(outputs, key=lambda output: output.get("name", id(output))):
        first, *others = group
        for output in others:
            first.text += output.text
        yield first


def execute(path: Path) -> None:
    """Run every cell of the notebook at ``path``, then write it back tidied. Raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}})
    client.execute(env=environment)
    nbformat.write(tidy(notebook), path)


if __name__ == "__main__":
    names = sys.argv[1:] or sorted(p.name for p in (ROOT / "solutions").iterdir() if p.is_dir())
    for name in names:
        execute(ROOT / "solutions" / name / f"{name}.ipynb")
        print(f"ran solutions/{name}/{name}.ipynb")
