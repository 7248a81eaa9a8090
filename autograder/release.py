"""Our steps in ``nbgrader generate_assignment``."""

from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

KEEP_OUTPUT = "keep-output"  # an output worth having before anything has run: a picture of a widget, say
NEEDS_SOLUTION = "needs-solution"  # a cell that uses what the student writes
RAISES = "raises-exception"  # known to JupyterLab and nbval: an error here stops nothing

Pair = tuple[NotebookNode, dict[str, Any]]


class KeepTaggedOutput(NbGraderPreprocessor):
    """Clear every output and execution count, except those of cells tagged ``keep-output``."""

    def preprocess_cell(self, cell: NotebookNode, resources: ResourcesDict, index: int) -> Pair:
        if cell.cell_type == "code" and KEEP_OUTPUT not in cell.metadata.get("tags", []):
            cell.outputs, cell.execution_count = [], None
        return cell, resources


class TagExpectedErrors(NbGraderPreprocessor):
    """Tag test cells, and cells that use the student's code, as cells that may raise while it is unwritten."""

    def preprocess_cell(self, cell: NotebookNode, resources: ResourcesDict, index: int) -> Pair:
        tags = cell.metadata.get("tags", [])
        nbgrader = cell.metadata.get("nbgrader", {})
        is_test = cell.cell_type == "code" and nbgrader.get("grade") and not nbgrader.get("solution")
        if (is_test or NEEDS_SOLUTION in tags) and RAISES not in tags:
            cell.metadata["tags"] = [*tags, RAISES]
        return cell, resources
