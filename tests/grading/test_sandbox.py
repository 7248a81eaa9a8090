"""The sandbox by itself: its modes, what a kernel inherits and sees, its time, what is refused; as a provisioner."""

import contextlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from jupyter_client.manager import KernelManager

from autograder.sandbox import Limits, Mode, Sandbox, SandboxError, bubblewrap, clock, kernels, syscalls
from autograder.sandbox.execution import Run, Session
from autograder.sandbox.provisioner import SandboxProvisioner
from tests.support.classroom import still_running
from tests.support.unprivileged import as_unprivileged_user

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


@contextlib.contextmanager
def opened(sandbox: Sandbox, limits: Limits = LIMITS, files: dict[str, bytes] | None = None) -> Iterator[Session]:
    """A session with a new kernel, which ends with the block."""
    session = Session(sandbox, sandbox.start_kernel(files), limits)
    try:
        yield session
    finally:
        session.close()
        sandbox.end_kernel()


def text_of(run: Run) -> str:
    """What a piece of code printed or raised, and why it did not run to its end."""
    return "".join(o.get("text", "") + o.get("evalue", "") for o in run.outputs) + run.problem


def outputs(sandbox: Sandbox, *codes: str) -> list[str]:
    """What each piece of code prints or raises, in one new kernel."""
    with opened(sandbox) as session:
        return [text_of(session.run(code)) for code in codes]


def test_a_kernel_has_no_rights_and_finds_nothing_of_the_one_before(warm):
    first, second = outputs(warm, WHO), outputs(warm, WHO)
    assert warm.mode == Mode.NESTED
    assert first == second == ["['0000000000000000', '0000000000000000', '1'] False []\n"]


def test_system_calls_that_no_notebook_needs_are_refused(warm):
    code = """
import os, socket
for name, make in {"memfd": lambda: os.memfd_create("x"), "vsock": lambda: socket.socket(socket.AF_VSOCK),
                   "alg": lambda: socket.socket(socket.AF_ALG), "unix": lambda: socket.socket(socket.AF_UNIX)}.items():
    try:
        make()
        print(name, "made")
    except OSError as error:
        print(name, type(error).__name__, error.errno)
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("Seccomp:")])
"""
    [said] = outputs(warm, code)
    assert said.splitlines() == ["memfd PermissionError 1", "vsock OSError 97", "alg OSError 97", "unix made", "['2']"]


def test_without_libseccomp_a_warning_says_so(monkeypatch, caplog):
    monkeypatch.setattr(syscalls, "LIBRARY", "libnowhere.so.2")
    with caplog.at_level(logging.WARNING, "autograder.sandbox"):
        assert syscalls.program.__wrapped__() == b""
    assert "not filtered" in caplog.text and "apt install libseccomp2" in caplog.text


def test_forks_do_not_share_random_numbers(warm):
    draw = "import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1).item())"
    assert outputs(warm, draw) != outputs(warm, draw)


def test_figures_and_files_work(warm):
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    with opened(warm, files={"data/words.txt": b"hello"}) as session:
        figure = session.run(code).outputs
        text = session.run("print(open('data/words.txt').read())").outputs
    assert "image/png" in figure[-1]["data"] and text[0]["text"] == "hello\n"


def test_an_expression_comes_back_with_the_reply(warm):
    with opened(warm) as session:
        assert session.run("x = 20", "x + 2").value == {"text/plain": "22"}
        assert session.run("", "nothing_of_this_name").error.startswith("NameError")


def test_a_large_message_that_is_malformed_does_not_end_the_run(warm):
    forge = """
socket = get_ipython().kernel.iopub_socket
socket.send_multipart([b"x", b"<IDS|MSG>", b"", b"{}", b"[]", b"{}", b"x" * (2 << 20)])
"""
    with opened(warm, Limits(message=2**20)) as session:
        session.run(forge)
        assert text_of(session.run("print(1)")) == "1\n"


def test_a_sleep_takes_its_seconds_and_then_ends(warm):
    with opened(warm, Limits(cell_seconds=1, patience=30)) as session:
        assert text_of(session.run("import time\ntime.sleep(60)")).endswith("stopped after 1 seconds")
        assert text_of(session.run("print(1)")) == "1\n"


def test_a_busy_machine_costs_nothing(warm):
    """A cell that needs two seconds of a processor, which it shares with four others, gets them within three."""
    work = "import time\nwhile time.process_time() < begun + 2: pass\nprint('done')"
    if not clock.waited(os.getpid()):
        pytest.skip("this system does not tell how long a process waited for a processor")
    with opened(warm, Limits(cell_seconds=3, patience=100)) as session:
        session.run("import time\nbegun = time.process_time()")
        processor = {min(os.sched_getaffinity(0))}
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
        try:
            for pid in (session.kernel.process, *(other.pid for other in others)):
                os.sched_setaffinity(pid, processor)
            watch = clock.Stopwatch(session.kernel.process)
            assert text_of(session.run(work)) == "done\n"
            assert watch.own < 3 < watch.wall
            assert "more in which the machine was busy" in str(watch)
        finally:
            for other in others:
                other.kill()
                other.wait()


def test_patience_ends_too(warm, monkeypatch):
    """A cell whose threads keep each other waiting ends, although its own seconds hardly pass."""
    monkeypatch.setattr(clock, "waited", lambda pid: 0.9 * clock.time.monotonic())
    with opened(warm, Limits(cell_seconds=1, patience=2)) as session:
        assert "stopped after 0 seconds, and 2 more" in text_of(session.run("while True: pass"))


def test_the_seconds_of_a_notebook_are_those_of_its_cells(warm):
    with opened(warm, Limits(notebook_seconds=2)) as session:
        assert "stopped after 2 seconds" in text_of(session.run("while True: pass"))
        assert text_of(session.run("print(1)")) == "not run: the notebook's 2 seconds were over"


@pytest.mark.parametrize("how", [{"warm": False}, {"protect": False}], ids=["cold", "unprotected"])
def test_other_ways_speak_the_same_protocol(how):
    before = set(psutil.Process().children(recursive=True))
    sandbox = Sandbox(LIMITS, **how)
    try:
        assert outputs(sandbox, "print(1 + 1)", "1 / 0") == ["2\n", "division by zero"]
        assert outputs(sandbox, "import os\nos._exit(3)", "print(1)")[1].startswith("not run: the kernel had ended")
        assert outputs(sandbox, "print('again')") == ["again\n"]
        session = Session(sandbox, sandbox.start_kernel(), LIMITS)
        assert psutil.Process(session.kernel.process).parent().ppid() == session.kernel.guard
        started = set(psutil.Process().children(recursive=True)) - before
        session.close()
    finally:
        sandbox.close()
    assert still_running(started) == []


def test_where_namespaces_cannot_be_nested_a_warning_says_what_it_costs(monkeypatch, tmp_path, caplog):
    """The server, changed so that it finds that they cannot be nested; said once, however many kernels start."""
    folder = tmp_path / "sandbox"
    shutil.copytree(bubblewrap.HERE, folder)
    server = folder / "server.py"
    text = server.read_text(encoding="utf-8")
    changed = text.replace('_call("unshare"', 'raise OSError(1, "forbidden by a test")\n    _call("unshare"')
    assert changed != text
    server.write_text(changed, encoding="utf-8")
    monkeypatch.setattr(bubblewrap, "HERE", folder)
    kernels.warn_of_cold.cache_clear()
    with caplog.at_level(logging.WARNING, "autograder.sandbox"), contextlib.closing(Sandbox(LIMITS)) as sandbox:
        assert outputs(sandbox, "print(1)") + outputs(sandbox, "print(2)") == ["1\n", "2\n"]
    assert sandbox.mode == Mode.PLAIN and "forbidden by a test" in sandbox.why_not_isolated
    [warning] = [record.getMessage() for record in caplog.records if record.name == "autograder.sandbox"]
    assert "seconds more" in warning and "forbidden by a test" in warning and "user.max_user_namespaces" in warning


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
        monkeypatch.setattr(bubblewrap, "genlab", genlab.absolute)
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


def test_an_unprivileged_user_can_grade_too():
    program = (
        "import os\nfrom autograder.sandbox import Sandbox, Limits\nfrom autograder.sandbox.execution import Session\n"
        "s = Sandbox(Limits())\nsession = Session(s, s.start_kernel(), s.limits)\n"
        "print(s.mode, session.run('import os; print(os.getuid(), os.getpid())').outputs[0].text, os.geteuid())\n"
        "session.close(); s.close()\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [*as_unprivileged_user(1234), sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200)
    assert done.stdout.split()[:3] == ["nested", "1000", "2"], done.stderr[-2000:]
    assert done.stdout.split()[3] != "0"


def test_an_environment_in_a_folder_that_the_sandbox_covers_is_refused(monkeypatch):
    monkeypatch.setattr(bubblewrap, "python_folders", lambda: [Path("/tmp/course/.venv")])
    with pytest.raises(SandboxError, match=r"lies in /tmp.*\n.*somewhere else"):
        bubblewrap.command(2**20, nested=True)


def test_a_course_that_is_an_environment_is_refused(monkeypatch):
    monkeypatch.setattr(bubblewrap, "python_folders", lambda: [ROOT])
    with pytest.raises(SandboxError, match=r"course and a Python environment at once(.|\n)*\.venv"):
        bubblewrap.command(2**20, nested=True)


def test_what_lies_in_a_folder_that_is_shown_is_covered(monkeypatch):
    """A course inside the environment's folder, and an environment inside that course: each is seen as it should be."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name).resolve()
        course, inner = folder / "share" / "course", folder / "share" / "course" / ".venv"
        package = inner / "lib" / "autograder"
        package.mkdir(parents=True)
        for place in (folder, course, inner, package):
            place.chmod(0o755)
            (place / "text.txt").touch()
        python = bubblewrap.python_folders()
        monkeypatch.setattr(bubblewrap, "python_folders", lambda: [*python, folder, inner])
        monkeypatch.setattr(bubblewrap, "secrets", lambda: [course, package])
        look = f"from pathlib import Path\nfor path in sorted(Path({name!r}).rglob('*.*')): print(path)"
        with contextlib.closing(Sandbox(LIMITS, warm=False)) as sandbox:
            found = outputs(sandbox, look)[0].splitlines()
        shown = [inner, package / "__init__.py", inner / "text.txt", folder / "text.txt"]
        assert found == [str(path) for path in shown], "what stands in for the package is all that is in its folder"
