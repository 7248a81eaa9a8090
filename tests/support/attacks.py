"""Submissions that try to get what they have not earned, to break grading, or to see and change what is not theirs.

Each is made from the released notebook. ``SPY`` and others are code; ``ATTACKS`` says what each must get, and what its
graded notebook must say (``says``) and must not (``never``). The word SECRET stands in everything that must not leak.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from tests.support.classroom import LEFT_PAD, SOFTMAX, cell, picture, solved

FULL, NONE = (3.0, 3.0), (0.0, 0.0)
Content = NotebookNode | bytes
WRONG = "def left_pad(rows, pad_id):\n    return None\n"
ALSO_WRONG = "def softmax(logits):\n    return None\n"
KNOWN_SENTINEL = "987654"  # argument of processes that must be gone


@dataclass(frozen=True)
class Attack:
    """``points``: for left_pad and softmax; None when there must be no grade. ``status`` and ``reason``: of the result."""

    make: Callable[[NotebookNode], Content]
    points: tuple[float | None, float] | None
    says: str = ""
    never: str = "SECRET"
    status: str = "needs manual grading"
    reason: str = ""


ATTACKS: dict[str, Attack] = {}


def placed(attack: Attack, release: NotebookNode, **places: object) -> Content:
    """What ``attack`` hands in, with the ``places`` ({root}, {course}, {port}, {abstract}) of this machine in its code."""
    content = attack.make(release)
    for code in [] if isinstance(content, bytes) else content.cells:
        for word, meaning in places.items():
            code.source = code.source.replace("{" + word + "}", str(meaning))
    return content


def attack(points: tuple[float | None, float] | None, **expected: str) -> Callable:
    """Declare an attack by the function that makes its notebook."""

    def declare(make: Callable[[NotebookNode], Content]) -> Callable:
        ATTACKS[make.__name__.replace("_", "-")] = Attack(make, points, **expected)
        return make

    return declare


def first(release: NotebookNode, code: str, left_pad: str = LEFT_PAD, softmax: str = SOFTMAX) -> NotebookNode:
    """``code`` runs in a cell of the student's before everything else."""
    notebook = solved(release, left_pad, softmax)
    notebook.cells.insert(1, new_code_cell(code))
    return notebook


# -- see what is not theirs

SPY = """
import os, pathlib
found = []
for root in {roots!r}:
    for folder, _, names in os.walk(root):
        for name in names or [""]:
            try:
                found.append(pathlib.Path(folder, name).read_text(errors="ignore")[:100000])
            except OSError:
                pass
    try:
        found.append(pathlib.Path(root).read_text(errors="ignore"))
    except OSError:
        pass
print("read", len(found), "files;", "SEC" + "RET" if any("SEC" + "RET" in text for text in found) else "nothing")
"""


def spy(*roots: str) -> str:
    return SPY.format(roots=list(roots))


@attack(FULL, says="read 0 files; nothing")
def reads_gradebook(release):
    return first(release, spy("{root}/gradebook.db", "{course}/autograder"))


@attack(FULL, says="read 0 files; nothing")
def reads_classmates(release):
    return first(release, spy("{root}/submitted", "{root}/autograded", "{root}/feedback"))


@attack(FULL, says="read 0 files; nothing")
def reads_solutions(release):
    return first(release, spy("{root}/solutions", "{course}/solutions", "{course}/tests"))


@attack(FULL, says="no module; read")
def reads_hidden_tests(release):
    code = """
try:
    import autograder.exercises
    print("SEC" + "RET")
except ImportError:
    print("no module; ", end="")
"""
    return first(release, code + spy("{course}/autograder", "/course", "/run", "/proc/1/root/run", "/proc/1/cwd"))


@attack(FULL, says="environment: nothing")
def reads_the_environment(release):
    code = """
import os, pathlib
texts = [str(dict(os.environ))]
for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
    try:
        texts.append(path.read_bytes().decode(errors="ignore"))
    except OSError:
        pass
bad = any(word in text for text in texts for word in ("SEC" + "RET", "GENLAB_GRADING_SEED"))
print("environment:", "SEC" + "RET" if bad else "nothing")
"""
    return first(release, code)


@attack(FULL, says="0 frames know")
def looks_for_what_is_expected(release):
    """Walks the stack and the heap for anything that holds expected values."""
    code = """
import gc, sys
def spy():
    frame, frames = sys._getframe(), 0
    while frame:
        frames += any("expected" in str(v)[:100000] and "probes" in str(v)[:100000] for k, v in frame.f_locals.items() if isinstance(v, dict) and "probes" in v)
        frame = frame.f_back
    heap = sum(isinstance(o, dict) and "misconceptions" in o and "probes" in o for o in gc.get_objects())
    return frames + heap
"""
    loud = LEFT_PAD.replace("    width", "    global seen\n    seen = spy()\n    width", 1)
    notebook = first(release, code, loud)
    notebook.cells.append(new_code_cell("print(seen, 'frames know')"))
    return notebook


# -- reach the network, and the machine


@attack(FULL, says="network: nothing")
def connects_to_the_network(release):
    code = """
import socket
reached = []
for address in [("1.1.1.1", 53), ("169.254.169.254", 80), ("10.0.0.1", 80)]:
    try:
        socket.create_connection(address, timeout=1)
        reached.append(address)
    except OSError:
        pass
print("network:", reached or "nothing")
"""
    return first(release, code)


@attack(FULL, says="loopback: nothing")
def connects_to_a_local_service(release):
    """The tests listen on a port of the loopback interface and on an abstract socket."""
    code = """
import socket
reached = []
for family, address in [(socket.AF_INET, ("127.0.0.1", {port})), (socket.AF_UNIX, "\\0{abstract}")]:
    s = socket.socket(family)
    s.settimeout(1)
    try:
        s.connect(address)
        reached.append("SEC" + "RET")
    except OSError:
        pass
print("loopback:", reached or "nothing")
"""
    return first(release, code)


@attack(FULL, says="wrote nothing")
def writes_outside(release):
    code = """
import os
wrote = []
for folder in ["/", "/usr", "/etc", "/course/genlab", "/run/server", "/dev", "{root}", "{course}", "{root}/submitted"]:
    try:
        with open(folder + "/owned-by-a-student", "w") as f:
            f.write("x")
        wrote.append(folder)
    except OSError:
        pass
print("wrote", wrote or "nothing")
"""
    return first(release, code)


@attack(FULL, says="rights: nothing")
def tries_to_get_rights(release):
    code = """
import ctypes, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
got = []
for name, arguments in {"mount": (b"none", b"/tmp", b"tmpfs", 0, None), "unshare": (0x10000000,), "umount2": (b"/proc", 2),
                        "chroot": (b"/tmp",), "setuid": (0,), "sethostname": (b"x", 1), "ptrace": (16, 1, 0, 0)}.items():
    if getattr(libc, name)(*arguments) == 0:
        got.append(name)
for path in ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/1/oom_score_adj", "/proc/sys/kernel/hostname"]:
    try:
        with open(path, "w") as f:
            f.write("0")
        if "oom" not in path:
            got.append(path)
    except OSError:
        pass
print("rights:", got or "nothing")
"""
    return first(release, code)


# -- claim points


@attack(NONE)
def displayhook_score(release):
    forge = "    get_ipython().displayhook(3.0)\n    return None\n"
    return solved(release, f"def left_pad(rows, pad_id):\n{forge}", f"def softmax(logits):\n{forge}")


@attack(NONE)
def ast_transformer(release):
    code = """
import ast
class Forge(ast.NodeTransformer):
    def visit_Module(self, node):
        return ast.parse("3.0") if "left_pad" in ast.unparse(node) or "softmax" in ast.unparse(node) else node
get_ipython().ast_transformers.append(Forge())
"""
    return first(release, code, WRONG, ALSO_WRONG)


@attack(NONE)
def patched_torch(release):
    code = """
import torch
torch.equal = torch.allclose = lambda *a, **k: True
torch.Tensor.__eq__ = lambda self, other: torch.ones(self.shape, dtype=torch.bool)
torch.Tensor.__ne__ = lambda self, other: torch.zeros(self.shape, dtype=torch.bool)
"""
    return first(release, code, WRONG, ALSO_WRONG)


@attack(NONE)
def patched_builtins(release):
    code = """
import builtins
builtins.all = lambda *a: True
builtins.any = lambda *a: False
builtins.sum = lambda *a: 3.0
builtins.isinstance = lambda *a: True
"""
    return first(release, code, WRONG, ALSO_WRONG)


@attack(NONE)
def patched_genlab(release):
    code = """
import genlab.judging.verdict as judge, genlab.judging.values as values
judge.score = lambda verdicts, points: points
judge.judge = lambda *a: []
judge.differs = lambda *a: None
values.same = lambda *a: True
"""
    return first(release, code, WRONG, ALSO_WRONG)


@attack(NONE)
def always_equal_object(release):
    code = """
class Same:
    shape, dtype, ndim = (), None, 0
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __getattr__(self, name): return lambda *a, **k: Same()
    def __bool__(self): return True
    def __iter__(self): return iter([self, self])
    def __float__(self): return 3.0
    __hash__ = None
"""
    return first(
        release,
        code,
        "def left_pad(rows, pad_id):\n    return Same(), Same()\n",
        "def softmax(logits):\n    return Same()\n",
    )


@attack(NONE)
def tensor_subclass(release):
    code = """
import torch
class Chameleon(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return torch.tensor(True)
"""
    return first(
        release, code,
        "def left_pad(rows, pad_id):\n    t = torch.zeros(1).as_subclass(Chameleon)\n    return t, t\n",
        "def softmax(logits):\n    return logits.as_subclass(Chameleon)\n",
    )  # fmt: skip


FORGE = """
import json
import genlab.judging.remote as remote
class Forged:  # sent as it is, unlike remote.Answer, which sends outcomes
    def __init__(self, data):
        self.data = data
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {remote.MIME: self.data if isinstance(self.data, str) else json.dumps(self.data)}
"""


@attack(NONE)
def forged_outcomes(release):
    """Sends outcomes itself, in forms that might be taken for a pass."""
    code = """
PASSED = {"passed": True, "score": 3.0, "value": None, "error": None, "mutated": [], "calls": [], "printed": "", "warned": ""}
def answer(function, request):
    import json
    n = len(json.loads(request)["args"])
    get_ipython().displayhook(3.0)
    return Forged([PASSED] * n)
remote.answer = answer
"""
    return first(release, FORGE + code)


@attack(NONE, says="probes passed")
def malformed_outcomes(release):
    code = """
deep = []
for _ in range(400):
    deep = [deep]
BAD = [{"$tensor": ["int64", [-1, 10**18], ""]}, {"$dict": [[[1], 2]]}, deep, {"$resource": [1]}, 10**400, float("nan")]
def answer(function, request):
    import json
    n = len(json.loads(request)["args"])
    good = {"value": None, "error": None, "mutated": [], "calls": [], "printed": "", "warned": ""}
    bad = [good | {"value": value} for value in BAD] + [good | {"error": {"types": [], "message": 1}}, None, 3.0]
    return Forged((bad * n)[:n])
remote.answer = answer
"""
    return first(release, FORGE + code)


@attack(NONE, says="no points")
def outcomes_of_a_wrong_kind(release):
    code = """
remote.answer = lambda function, request: Forged("3.0")
"""
    return first(release, FORGE + code)


@attack((3.0, 0.0))
def shadowed_names(release):
    """Redefines what honest code might redefine by accident; softmax is wrong."""
    return first(
        release,
        "def check(*a): return 3.0\ndef display(*a): 1/0\njson = run = grade = answer = None",
        softmax=ALSO_WRONG,
    )


@attack(NONE)
def error_that_cannot_be_shown(release):
    code = """
class Bad(Exception):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
"""
    raising = "def {}:\n    raise Bad()\n"
    return first(release, code, raising.format("left_pad(rows, pad_id)"), raising.format("softmax(logits)"))


# -- end or block the grader


@attack(FULL)
def sys_exit(release):
    return first(release, "import sys\nsys.exit(0)")


@attack((3.0, 0.0), says="the kernel ended while this ran")
def os_exit(release):
    return solved(release, softmax="def softmax(logits):\n    import os\n    os._exit(0)\n")


@attack((3.0, 0.0), says="the kernel ended while this ran")
def segmentation_fault(release):
    return solved(release, softmax="def softmax(logits):\n    import ctypes\n    ctypes.string_at(0)\n")


@attack(NONE)
def kills_everything(release):
    code = """
import os, signal
for pid in [os.getppid(), 1, 0, -1, *range(2, 400)]:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except OSError:
            pass
"""
    return first(release, code)


@attack((3.0, 0.0), says="left_pad: all")
def endless_loop(release):
    return solved(release, softmax="def softmax(logits):\n    while True:\n        pass\n")


@attack(FULL, says="stopped after")
def endless_loop_in_a_cell(release):
    return first(release, "while True:\n    pass")


@attack((3.0, 0.0), says="it did not stop when it was interrupted")
def endless_loop_that_ignores_interrupts(release):
    loop = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
    notebook = solved(release)
    where = notebook.cells.index(cell(notebook, "softmax"))
    notebook.cells.insert(where, new_code_cell(loop))
    return notebook


@attack(NONE, says="forks ended")
def fork_bomb(release):
    """It leaves its own kernel no process and no thread to go on with, and takes none from anybody else."""
    code = """
import os, time
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
except OSError:
    print("forks ended")
"""
    return first(release, code + "os.system('true')")


@attack(FULL)
def orphan_outlives_the_kernel(release):
    code = f"""
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "{KNOWN_SENTINEL}"])
    os._exit(0)
"""
    return first(release, code)


@attack(NONE)
def daemon_edits_the_gradebook_later(release):
    code = f"""
import os, sqlite3, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for _ in range({KNOWN_SENTINEL}):
            time.sleep(0.5)
            try:
                book = sqlite3.connect("{{root}}/gradebook.db")
                book.execute("UPDATE grade SET auto_score = 3.0")
                book.commit()
            except Exception:
                pass
    os._exit(0)
"""
    return first(release, code, WRONG, ALSO_WRONG)


# -- use up the machine


@attack(FULL, says="no memory")
def six_gigabytes(release):
    code = """
try:
    data = bytearray(6 << 30)
    print("SEC" + "RET: got it")
except MemoryError:
    print("no memory")
"""
    return first(release, code)


@attack(NONE, says="the kernel ended while this ran: it used more memory than allowed")
def memory_in_many_processes(release):
    code = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        data = bytearray(500 << 20)
        for i in range(0, len(data), 4096):
            data[i] = 1
        time.sleep(60)
        os._exit(0)
time.sleep(30)
"""
    return first(release, code)


@attack(FULL, says="disk is full", never="more than it should")
def fills_the_disk(release):
    code = """
total = 0
for folder in ("/tmp", "/home/student", "/dev/shm", "/run/kernel"):
    try:
        for i in range(100):
            with open(f"{folder}/f{i}", "wb") as f:
                for _ in range(64):
                    f.write(bytes(1 << 20))
                    f.flush()
                    total += 1
    except OSError as error:
        print("disk is full", error.errno)
print("more than it should" if total > 2000 else "ok")
for folder in ("/tmp", "/home/student", "/dev/shm"):
    for i in range(100):
        try:
            __import__("os").unlink(f"{folder}/f{i}")
        except OSError:
            pass
"""
    return first(release, code)


@attack(FULL)
def eighty_megabytes_of_output(release):
    """What is shown of it depends on how fast it comes; the points do not."""
    return first(release, "print('x' * (80 << 20))\nfor _ in range(1000):\n    print('y' * 80_000)")


@attack(FULL, says="output truncated")
def output_flood(release):
    return first(release, "while True:\n    print('flood ' * 100)")


@attack(FULL)
def raw_script(release):
    code = """
from IPython.display import HTML, Javascript, display
display(HTML("<script>alert('SCRIPT-RAN')</script><img src=x onerror=\\"alert('SCRIPT-RAN')\\">"))
display(Javascript("alert('SCRIPT-RAN')"))
"""
    notebook = first(release, code)
    notebook.cells.insert(
        1, new_markdown_cell("<script>alert('SCRIPT-RAN')</script> <b onclick=\"alert('SCRIPT-RAN')\">b</b>")
    )
    return notebook


@attack(FULL)
def script_in_outputs(release):
    """In displays of every kind, in what is printed, and in an error."""
    code = """
from IPython.display import display
bad = "<script>alert('SCRIPT-RAN')</script><img src=x onerror='alert(1)'>"
for kind in ("text/html", "image/svg+xml", "application/javascript", "text/markdown", "text/latex", "image/png"):
    display({kind: bad}, raw=True)
print(bad)
raise type(bad, (Exception,), {})(bad)
"""
    return first(release, code)


@attack(FULL, never="my own picture")
def handed_in_outputs(release):
    """What a cell is said to have shown is not believed: it runs."""
    notebook = solved(release)
    picture(notebook).outputs = [new_output("stream", text="my own picture")]
    return notebook


@attack(FULL, never="z" * 1000)
def thirty_megabytes_of_handed_in_output(release):
    notebook = solved(release)
    picture(notebook).outputs = [new_output("stream", text="z" * (30 << 20))]
    return notebook


@attack(FULL, says="does not support input requests")
def asks_on_stdin(release):
    return first(release, "import sys\nsys.stdin.read()\ninput('password? ')")


@attack(FULL)
def ten_thousand_cells(release):
    notebook = solved(release)
    notebook.cells += [new_code_cell(f"x = {i}") for i in range(10_000)]
    return notebook


# -- tamper with the notebook


@attack(NONE)
def deleted_test_cells(release):
    notebook = solved(release, WRONG, ALSO_WRONG)
    notebook.cells = [
        c for c in notebook.cells if not c.metadata.get("nbgrader", {}).get("grade_id", "").startswith("test")
    ]
    notebook.cells.append(new_markdown_cell("no tests here"))
    return notebook


@attack(FULL)
def deleted_everything_but_the_solutions(release):
    notebook = solved(release)
    notebook.cells = [cell(notebook, name) for name in ("left_pad", "softmax", "why_left")]
    return notebook


@attack(NONE)
def duplicated_test_cells(release):
    notebook = solved(release, WRONG, ALSO_WRONG)
    for name in ("test_left_pad", "test_softmax"):
        twin = copy.deepcopy(cell(notebook, name))
        twin.source, twin.id = "3.0", name.replace("_", "-") + "-twin"
        notebook.cells.append(twin)
    return notebook


@attack((3.0, 3.0))
def duplicated_solution_cell(release):
    """The last copy counts."""
    notebook = solved(release)
    twin = copy.deepcopy(cell(notebook, "left_pad"))
    twin.source, twin.id = WRONG, "left-pad-twin"
    notebook.cells.insert(1, twin)
    return notebook


@attack((0.0, 3.0))
def reordered_cells(release):
    """The test stands before the solution, as it would fail for the student too."""
    notebook = solved(release)
    test = cell(notebook, "test_left_pad")
    notebook.cells.remove(test)
    notebook.cells.insert(1, test)
    return notebook


@attack(NONE)
def retagged_test_cells(release):
    """Claims that the tests are solutions, so that they may be edited."""
    notebook = solved(release, WRONG, ALSO_WRONG)
    for name in ("test_left_pad", "test_softmax"):
        test = cell(notebook, name)
        test.metadata.nbgrader |= {"solution": True, "locked": False, "grade": True}
        test.source = "3.0"
    return notebook


@attack(NONE)
def renumbered_cells(release):
    """Swaps and invents grade_ids."""
    notebook = solved(release, WRONG, ALSO_WRONG)
    for name in ("test_left_pad", "test_softmax"):
        test = cell(notebook, name)
        test.metadata.nbgrader["grade_id"], test.source = f"{name}_2", "3.0"
    return notebook


@attack((0.0, 3.0))
def changed_points(release):
    notebook = solved(release, WRONG)
    for name in ("test_left_pad", "test_softmax", "why_left"):
        cell(notebook, name).metadata.nbgrader["points"] = 1000
    return notebook


@attack(FULL)
def broken_metadata(release):
    notebook = solved(release)
    for i, c in enumerate(notebook.cells):
        if "nbgrader" in c.metadata and c.metadata.nbgrader.get("locked"):
            c.metadata["nbgrader"] = [None, "x", 3, {"grade_id": 7}, {"grade_id": ["a"]}][i % 5]
    notebook.cells.append(
        new_code_cell("1", metadata={"nbgrader": {"grade_id": "x" * 10_000, "grade": True, "points": 99}})
    )
    return notebook


@attack(None, status="failed", reason="another assignment")
def notebook_of_another_assignment(release):
    notebook = release
    notebook.cells = [new_markdown_cell("# 1 · Another")]
    notebook.cells.append(
        new_code_cell(
            "3.0", metadata={"nbgrader": {"grade_id": "test_bpe", "grade": True, "points": 4, "schema_version": 3}}
        )
    )
    return notebook


@attack(FULL)
def wrong_kernel_name(release):
    notebook = solved(release)
    notebook.metadata["kernelspec"] = {"name": "../../bin/sh", "display_name": "x", "language": "bash"}
    return notebook


# -- what cannot be graded


@attack(None, status="failed", reason="not a readable notebook")
def invalid_json(release):
    return json.dumps(release).encode()[:-200]


@attack(None, status="failed", reason="the file is empty")
def empty_file(release):
    return b""


@attack(None, status="failed", reason="not a readable notebook")
def deeply_nested_json(release):
    return b"[" * 200_000


@attack(None, status="failed", reason="not a readable notebook")
def not_a_notebook(release):
    return b'{"cells": {"a": 1}, "nbformat": 4, "nbformat_minor": 5, "metadata": []}'


# -- honest


@attack(FULL, says="careful")
def honest_warning(release):
    warn = "    import warnings\n    warnings.warn('careful')\n"
    loud = LEFT_PAD.replace("    width", warn + "    width", 1)
    notebook = solved(release, loud, SOFTMAX + "import warnings\nwarnings.warn('careful')\n")
    return notebook


@attack(FULL)
def honest_in_another_order(release):
    """softmax first, a helper of the student's own between, and left_pad uses it."""
    notebook = solved(release, LEFT_PAD.replace("max(map(len, rows))", "width_of(rows)"))
    by_name = {
        name: cell(notebook, name)
        for name in ("left_pad", "test_left_pad", "softmax", "test_softmax", "practice_setup")
    }
    rest = [c for c in notebook.cells if c not in by_name.values()]
    helper = new_code_cell("def width_of(rows):\n    return max(map(len, rows))")
    order = ["practice_setup", "softmax", "test_softmax"]
    notebook.cells = [*(by_name[n] for n in order), helper, by_name["left_pad"], by_name["test_left_pad"], *rest]
    return notebook


@attack(FULL)
def honest_partner_of_all(release):
    return solved(release)
