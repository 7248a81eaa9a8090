"""The sandbox by itself: warm, cold and without protection; what a kernel inherits; as a provisioner."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from classroom import still_running
from jupyter_client.manager import KernelManager
from ordinary import as_an_ordinary_user

from autograder.sandbox import Limits, Sandbox, SandboxError, bubblewrap
from autograder.sandbox.execution import Session
from autograder.sandbox.provisioner import SandboxProvisioner

pytestmark = [pytest.mark.usefixtures("bubblewrap"), pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[2]
LIMITS = Limits(cell_seconds=30)
WHO = """
import os, random, torch
rights = [line.split()[1] for line in open("/proc/self/status") if line[:6] in ("CapEff", "CapBnd", "NoNewP")]
print(rights, os.path.exists("left-behind"), sorted(os.listdir("/tmp")))
open("left-behind", "w").close(); open("/tmp/left-behind", "w").close()
"""


@pytest.fixture(scope="module")
def warm():
    sandbox = Sandbox(LIMITS)
    yield sandbox
    sandbox.close()


def outputs(sandbox: Sandbox, *codes: str, files: dict[str, bytes] | None = None) -> list[str]:
    """What each piece of code prints or returns, in one new kernel."""
    session = Session(sandbox, sandbox.start_kernel(files), LIMITS)
    try:
        runs = [session.run(code) for code in codes]
        return ["".join(o.get("text", "") + o.get("evalue", "") for o in run.outputs) + run.problem for run in runs]
    finally:
        session.close()
        sandbox.end_kernel()


def test_a_kernel_has_no_rights_and_finds_nothing_of_the_one_before(warm):
    first, second = outputs(warm, WHO), outputs(warm, WHO)
    assert warm.isolated
    assert first == second == ["['0000000000000000', '0000000000000000', '1'] False []\n"]


def test_forks_do_not_share_random_numbers(warm):
    draw = "import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1).item())"
    assert outputs(warm, draw) != outputs(warm, draw)


def test_figures_and_files_work(warm):
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    session = Session(warm, warm.start_kernel({"data/words.txt": b"hello"}), LIMITS)
    figure = session.run(code).outputs
    text = session.run("print(open('data/words.txt').read())").outputs
    session.close()
    warm.end_kernel()
    assert "image/png" in figure[-1]["data"] and text[0]["text"] == "hello\n"


def test_an_expression_comes_back_with_the_reply(warm):
    session = Session(warm, warm.start_kernel(), LIMITS)
    assert session.run("x = 20", "x + 2").value == {"text/plain": "22"}
    assert session.run("", "nothing_of_this_name").error.startswith("NameError")
    session.close()
    warm.end_kernel()


@pytest.mark.parametrize("how", [{"warm": False}, {"protect": False}], ids=["cold", "unprotected"])
def test_other_ways_speak_the_same_protocol(how):
    before = set(psutil.Process().children(recursive=True))
    sandbox = Sandbox(LIMITS, **how)
    try:
        assert outputs(sandbox, "print(1 + 1)", "1 / 0") == ["2\n", "division by zero"]
        assert outputs(sandbox, "import os\nos._exit(3)", "print(1)")[1].startswith("not run: the kernel had ended")
        assert outputs(sandbox, "print('again')") == ["again\n"]
        session = Session(sandbox, sandbox.start_kernel(), LIMITS)
        started = set(psutil.Process().children(recursive=True)) - before
        session.close()
    finally:
        sandbox.close()
    assert still_running(started) == []


def test_a_sandbox_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr("autograder.sandbox.bubblewrap.SERVER", "/nowhere/server.py")
    monkeypatch.setattr(sys, "executable", "/usr/bin/false")
    with pytest.raises(SandboxError, match="did not start"):
        Sandbox(LIMITS).start()


def test_a_course_that_submissions_could_not_read_is_refused(monkeypatch):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        genlab = Path(folder, "genlab")
        genlab.mkdir()
        genlab.joinpath("weights").touch(mode=0)
        monkeypatch.setattr(bubblewrap, "genlab", lambda: genlab)
        with pytest.raises(SandboxError, match=r"/course/genlab/weights cannot be read(.|\n)*chmod -R a\+rX"):
            Sandbox().start_kernel({})


def test_the_bundled_model_can_be_used_inside():
    sandbox = Sandbox()
    code = "from genlab import load_model\ntokenizer, model = load_model()\nprint(model.config.vocab_size)"
    assert outputs(sandbox, code) == ["2048\n"]
    sandbox.close()


def test_any_kernel_manager_can_use_it():
    manager = KernelManager(kernel_name="python3")
    manager.provisioner = SandboxProvisioner(parent=manager, kernel_spec=manager.kernel_spec, kernel_id="test")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        said = []
        client.execute_interactive(
            "import os; print(os.getuid(), os.environ.get('GENLAB_GRADING_SEED'))",
            output_hook=lambda message: said.append(message["content"].get("text", "")),
            timeout=30,
        )
        assert "None" in "".join(said) and manager.is_alive()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert not manager.is_alive()


def test_an_ordinary_user_can_grade_too():
    program = (
        "import os\nfrom autograder.sandbox import Sandbox, Limits\nfrom autograder.sandbox.execution import Session\n"
        "s = Sandbox(Limits())\nsession = Session(s, s.start_kernel(), s.limits)\n"
        "print(s.isolated, session.run('import os; print(os.getuid(), os.getpid())').outputs[0].text, os.geteuid())\n"
        "session.close(); s.close()\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [*as_an_ordinary_user(1234), sys.executable, "-c", program]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=200)
    assert done.stdout.split()[:3] == ["True", "1000", "2"], done.stderr[-2000:]
    assert done.stdout.split()[3] != "0"


def test_a_course_in_a_folder_that_the_sandbox_covers_is_refused():
    with pytest.raises(SandboxError, match=r"lies in /tmp.*\n.*somewhere else"):
        bubblewrap.command(Path("/tmp/course"), 2**20, nested=True)
