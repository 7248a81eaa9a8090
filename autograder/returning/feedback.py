"""Our step in ``nbgrader generate_feedback``."""

import re
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.grading.cells import is_test

HIDDEN = re.compile(r"^[^\n]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[^\n]*\n?", re.DOTALL | re.MULTILINE)
NOTE = "# (hidden tests ran here: their report is below)\n"


class PrepareFeedback(NbGraderPreprocessor):
    """Take the hidden tests out of the instructor's cells: feedback tells what failed, not how it is tested.

    And unfold what the reader of a notebook unfolds: hints, and what an error means.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if is_test(cell):
            cell.source = HIDDEN.sub(NOTE, cell.source).rstrip()
        elif cell.cell_type == "markdown":
            cell.source = cell.source.replace("<details>", "<details open>")
        return cell, resources
