"""nbgrader for this course. Found because ``JUPYTER_CONFIG_PATH`` names this folder (see the Makefile)."""

import os
import sys
from pathlib import Path

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    SaveCells,
)

AROUND = str(Path(__file__).resolve().parent.parent)  # where the package autograder is found
if AROUND not in sys.path:
    sys.path.insert(0, AROUND)

from autograder import grading_seed  # noqa: E402
from autograder.authoring.release import CheckPoints, KeepTaggedOutput, TagExpectedErrors  # noqa: E402
from autograder.course import class_folder, root  # noqa: E402
from autograder.grading.deadlines import Deadlines  # noqa: E402
from autograder.returning.feedback import FeedbackExporter  # noqa: E402
from autograder.returning.formgrader import GuardedExporter, NoExchange, ShowMarkScheme, without_remote  # noqa: E402

c = get_config()  # noqa: F821 - traitlets provides it

# Layout: the repository is the course; a folder of solutions/ is an assignment with one notebook of its name.
c.CourseDirectory.course_id = "genlab"
c.CourseDirectory.root = str(root())
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.submitted_directory = "class/submitted"
c.CourseDirectory.autograded_directory = "class/autograded"
c.CourseDirectory.feedback_directory = "class/feedback"
c.CourseDirectory.db_url = f"sqlite:///{(class_folder() / 'gradebook.db').as_posix()}"

# Release
c.GenerateAssignment.preprocessors = [
    CheckPoints,
    LockCells,
    ClearSolutions,
    KeepTaggedOutput,
    TagExpectedErrors,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
]
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("replace this line with your code")'}
c.ClearSolutions.text_stub = "*Replace this line with your answer.*"

# Grading. Fresh probes come from a seed that only the instructor has; it is made once and kept.
grading_seed.keep(class_folder() / "grading_seed.txt")
# nbgrader starts alembic by name, also where nobody activated the environment.
programs = str(Path(sys.executable).parent)
if programs not in (paths := os.environ.get("PATH", "").split(os.pathsep)):
    os.environ["PATH"] = os.pathsep.join([programs, *paths])
# What a grading kernel inherits: where to find the package autograder, and that no model hub is asked.
if AROUND not in (paths := os.environ.get("PYTHONPATH", "").split(os.pathsep)):
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [AROUND, *paths]))
os.environ.setdefault("HF_HUB_OFFLINE", "1")
c.ExecutePreprocessor.timeout = 600  # a cell; to name a mistake takes some tens of seconds
c.ExecutePreprocessor.shutdown_kernel = "immediate"  # saves 1.1 s or more a submission
c.AssignLatePenalties.plugin_class = Deadlines
c.OverwriteCells.add_missing_cells = True

# Feedback: pages of our own, without a script.
c.GenerateFeedback.exporter_class = FeedbackExporter
c.GenerateFeedback.preprocessors = []

# The formgrader: what students wrote never runs, nothing is loaded from elsewhere, and the mark scheme is shown.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.extra_template_paths = [str(Path(__file__).resolve().parent / "returning" / "templates" / "formgrader")]
c.HTMLExporter.template_file = "inert.html.j2"
c.HTMLExporter.filters = {"without_remote": without_remote}
c.HTMLExporter.preprocessors = [ShowMarkScheme]
c.ShowMarkScheme.source = str(root() / c.CourseDirectory.source_directory)
c.Autograde.exporter_class = GuardedExporter
c.ExchangeFactory.list = NoExchange
