"""Our steps in ``nbgrader generate_assignment``."""

from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.grading.cells import exercise_of, is_test, marks

KEEP_OUTPUT = "keep-output"  # an output worth having before anything has run: a picture of a widget, say
NEEDS_SOLUTION = "needs-solution"  # a cell that uses what the student writes
RAISES = "raises-exception"  # known to JupyterLab and nbval: an error here stops nothing

Pair = tuple[NotebookNode, dict[str, Any]]


class CheckPoints(NbGraderPreprocessor):
    """Stop the release when a test cell gives other points than its exercise's declaration, or has no exercise."""

    def preprocess_cell(self, cell: NotebookNode, resources: ResourcesDict, index: int) -> Pair:
        if is_test(cell):
            from autograder.exercises import exercise  # imports torch

            grade_id, points = marks(cell)["grade_id"], marks(cell).get("points")
            try:
                declared = exercise(exercise_of(grade_id)).points
            except KeyError:
                raise ValueError(f"no exercise {exercise_of(grade_id)!r} is declared for {grade_id}") from None
            if points != declared:
                raise ValueError(
                    f"{grade_id} gives {points:g} points, and its exercise is declared with {declared:g}: "
                    "make the two the same, then release again"
                )
        return cell, resources


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
        if (is_test(cell) or NEEDS_SOLUTION in tags) and RAISES not in tags:
            cell.metadata["tags"] = [*tags, RAISES]
        return cell, resources
