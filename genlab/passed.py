"""Which exercises have passed in this copy of the course: kept in a folder beside the notebooks, and nowhere else."""

import contextlib
import json
from pathlib import Path

FOLDER = (
    ".progress"  # beside notebooks/; a file for each exercise that has passed, so that kernels never wait for another
)


def home() -> Path:
    """The course's folder, in or below which the notebook runs; else the current folder."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "notebooks").is_dir()), here)


def note(exercise: str, passed: bool) -> None:
    """Remember how the last check of an exercise ended. Where nothing can be written, nothing is remembered."""
    mark = home() / FOLDER / exercise
    with contextlib.suppress(OSError):
        if passed:
            mark.parent.mkdir(exist_ok=True)
            mark.touch()
        else:
            mark.unlink(missing_ok=True)


def exercises(notebook: Path) -> list[str]:
    """The exercises of a notebook, in its order."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    ids = [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in cells]
    return [grade_id.removeprefix("test_") for grade_id in ids if grade_id.startswith("test_")]


def progress() -> None:
    """Print for each notebook which exercises have passed their check here, and which one comes next."""
    folder = home()
    notebooks = sorted(folder.glob("notebooks/*/*.ipynb"))
    if not notebooks:
        print("No notebooks are here: run this in a notebook of the course.")
        return
    following = ""
    for notebook in notebooks:
        names = exercises(notebook)
        done = [name for name in names if (folder / FOLDER / name).exists()]
        bar = "".join("■" if name in done else "□" for name in names)
        print(f"{notebook.stem:<22} {len(done):>2} of {len(names):>2}  {bar}")
        left = next((name for name in names if name not in done), "")
        following = following or (left and f"{left}, in {notebook.stem}")
    print(f"\nNext: {following}" if following else "\nAll exercises have passed. Well done.")
