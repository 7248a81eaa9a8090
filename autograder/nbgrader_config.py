"""nbgrader for this course. Found because ``JUPYTER_CONFIG_PATH`` names this folder (see the Makefile)."""

import os
import secrets
import sys
from pathlib import Path

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearSolutions,
    ComputeChecksums,
    GetGrades,
    LockCells,
    SaveCells,
)

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor  # noqa: E402

from autograder.feedback import PrepareFeedback  # noqa: E402
from autograder.release import KeepTaggedOutput, TagExpectedErrors  # noqa: E402

c = get_config()  # noqa: F821 - traitlets provides it

# Layout: the repository is the course; a folder of solutions/ is an assignment with one notebook of its name.
c.CourseDirectory.course_id = "genlab"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.submitted_directory = "autograder/submitted"
c.CourseDirectory.autograded_directory = "autograder/autograded"
c.CourseDirectory.feedback_directory = "autograder/feedback"
c.CourseDirectory.db_url = f"sqlite:///{(ROOT / 'autograder' / 'gradebook.db').as_posix()}"

# Release
c.GenerateAssignment.preprocessors = [
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
seed_file = ROOT / "autograder" / "grading_seed.txt"
if "GENLAB_GRADING_SEED" not in os.environ:
    if not seed_file.exists():
        seed_file.write_text(secrets.token_hex(8) + "\n", encoding="utf-8")
    os.environ["GENLAB_GRADING_SEED"] = seed_file.read_text(encoding="utf-8").strip()
# What a grading kernel inherits: where to find the package autograder, and that no model hub is asked.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
os.environ.setdefault("HF_HUB_OFFLINE", "1")
c.ExecutePreprocessor.timeout = 600  # a cell; to name a misconception takes some tens of seconds
c.ExecutePreprocessor.shutdown_kernel = "immediate"  # saves 1.1 s or more a submission
c.OverwriteCells.add_missing_cells = True
c.HTMLExporter.sanitize_html = True  # feedback shows what students wrote: never run it
c.GenerateFeedback.preprocessors = [GetGrades, PrepareFeedback, CSSHTMLHeaderPreprocessor]
