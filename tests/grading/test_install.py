"""Both packages as wheels in an environment of their own: what is in them, a student's check, a class graded with them.

All other tests run from the clone, where nothing can be missing. In these it is not found.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from genlab import __version__
from tests.support.classroom import ASSIGNMENT, POINTS, practice, solved, text_of
from tests.support.course import ROOT

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("install")]
PARTS = ("genlab", "autograder", "pyproject.toml", "README.md", "LICENSE")  # what the wheels are made of
IN_THE_CLONE_ONLY = {"autograder/README.md", "autograder/pyproject.toml", "autograder/requirements.txt"}
NO_SOURCE = shutil.ignore_patterns("__pycache__", ".*", "build", "*.egg-info")
CHECK = """
import torch
from genlab import check

check("softmax", lambda x: (e := (x - x.amax(-1, keepdim=True)).exp()) / e.sum(-1, keepdim=True))
print("and a wrong one:", flush=True)
check("softmax", lambda logits: logits)
"""
LOOK = """
import sys, pathlib, genlab
try:
    import autograder
except ImportError as error:
    print(error.name, "cannot be imported")
inside = [pathlib.Path(sys.prefix), pathlib.Path(genlab.__file__).parent]
files = {path for folder in inside for path in folder.rglob("*") if path.is_file()}
print("of the grader:", [path.name for path in files if "autograder" in path.parts])
print("of the checks:", [path.name for path in files if path.match("judging/data/*")])
print("of genlab:", any(path.match("judging/runner.py") for path in files))
"""
PROVISIONED = """
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel(kernel_name="sandboxed")
client.execute_interactive("import os; print('user', os.environ['USER'])", timeout=60)
client.stop_channels()
manager.shutdown_kernel(now=True)
"""

Run = Callable[..., subprocess.CompletedProcess]


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """What the wheels are made of, without what earlier builds and runs left in the clone."""
    folder = tmp_path_factory.mktemp("source")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=NO_SOURCE)
        else:
            shutil.copy(ROOT / part, folder)
    return folder


@pytest.fixture(scope="module")
def wheels(source, tmp_path_factory) -> dict[str, Path]:
    """The wheel of each package, built without a network."""
    folder = tmp_path_factory.mktemp("wheels")
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    for _ in range(2):  # what the first build leaves must not get into the second
        subprocess.run([*wheel, "--wheel-dir", folder, source, source / "autograder"], check=True)
    return {path.name.split("-")[0]: path for path in folder.glob("*.whl")}


@pytest.fixture(scope="module")
def run(wheels) -> Iterator[Run]:
    """Runs the Python of a new environment: both wheels, this environment's libraries, no clone.

    It is not made in /tmp, which a sandbox covers.
    """
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name).resolve()
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        python = folder / "venv" / "bin" / "python"
        install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps"]
        install.append("--ignore-installed")  # the environment around it may hold genlab in this very version
        subprocess.run([*install, *wheels.values()], check=True)
        [packages] = folder.glob("venv/lib/*/site-packages")
        packages.joinpath("libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
        unset = ("PYTHONPATH", "GENLAB_COURSE", "JUPYTER_CONFIG_PATH")
        environment = {name: value for name, value in os.environ.items() if name not in unset}

        def run(*arguments: str, cwd: Path = folder, **more: str) -> subprocess.CompletedProcess:
            return subprocess.run(
                [python, *arguments], cwd=cwd, env=environment | more, capture_output=True, text=True, timeout=300
            )

        yield run


def test_the_wheels_hold_all_that_is_in_the_clone_in_one_version(source, wheels):
    assert set(wheels) == {"genlab", "genlab_autograder"}
    found = set()
    for wheel in wheels.values():
        assert wheel.name.split("-")[1] == __version__
        found |= {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = [path.relative_to(source) for part in PARTS[:2] for path in (source / part).rglob("*") if path.is_file()]
    assert found == {path.as_posix() for path in files if "build" not in path.parts} - IN_THE_CLONE_ONLY


def test_a_student_can_check_an_answer(run):
    found = run("-c", "import genlab, autograder; print(genlab.__file__, autograder.__file__)").stdout.split()
    assert ["site-packages" in path for path in found] == [True, True] and not any(str(ROOT) in path for path in found)
    ready = run("-m", "genlab")
    assert ready.returncode == 0, ready.stdout + ready.stderr
    checked = run("-c", CHECK)
    right, wrong = checked.stdout.split("and a wrong one:")
    assert re.search(r"softmax: all \d+ probes passed", right)
    assert checked.returncode == 1 and re.search(r"softmax: 0 of \d+ probes passed", wrong + checked.stderr)


@pytest.fixture(scope="module")
def course(run, tmp_path_factory) -> Path:
    """A course that was released by what is installed, with two submissions."""
    folder = tmp_path_factory.mktemp("course")
    written = folder / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    written.parent.mkdir(parents=True)
    nbformat.write(practice(), written)
    folder.joinpath("notebooks").mkdir()
    done = run("-m", "autograder", "release", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    released = folder / "notebooks" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    for student, answers in {"right": {}, "wrong": {"softmax": "def softmax(logits):\n    return logits\n"}}.items():
        notebook = solved(nbformat.read(released, as_version=4), **answers)
        notebook.cells.append(new_code_cell(LOOK))
        handed_in = folder / "class" / "submitted" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        handed_in.parent.mkdir(parents=True)
        nbformat.write(notebook, handed_in)
    return folder


@pytest.mark.usefixtures("bubblewrap")
def test_a_class_is_graded_in_a_sandbox_that_holds_neither_grader_nor_answers(run, course):
    done = run("-m", "autograder", "grade", "--jobs", "1", cwd=course)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sandbox of its own" not in done.stderr
    log = (course / "class" / "grading.jsonl").read_text(encoding="utf-8").splitlines()
    scores = {line["student"]: line["score"] for line in map(json.loads, log)}
    assert scores == {"right": sum(POINTS.values()), "wrong": POINTS["test_left_pad"]}
    graded = course / "class" / "autograded" / "right" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    said = text_of(nbformat.read(graded, as_version=4)).strip().splitlines()
    assert said[-4:] == [
        "autograder cannot be imported",
        "of the grader: ['__init__.py']",  # it raises the error
        "of the checks: []",
        "of genlab: True",
    ]


@pytest.mark.usefixtures("bubblewrap")
def test_jupyter_finds_the_provisioner(run, tmp_path):
    spec = tmp_path / "kernels" / "sandboxed" / "kernel.json"
    spec.parent.mkdir(parents=True)
    chosen = {"kernel_provisioner": {"provisioner_name": "sandbox-provisioner"}}
    spec.write_text(json.dumps({"argv": ["none"], "display_name": "Sandboxed", "metadata": chosen}), encoding="utf-8")
    done = run("-c", PROVISIONED, JUPYTER_PATH=str(tmp_path))
    assert done.stdout.strip() == "user student", done.stdout + done.stderr
