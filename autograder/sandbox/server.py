"""What runs inside the sandbox: import the libraries once, then fork a kernel for each submission.

Started by ``autograder.sandbox.kernels`` as the first process of a bubblewrap sandbox, where this file is the only one
of the package that exists. It talks to the grader over the socket that is its standard input, one JSON object a line.

For each request there are three processes. The *guard* enters new namespaces (users, mounts, processes, IPC, network),
mounts private scratch folders, watches memory, and stays outside what the student's code can see or signal. The *init*
is process 1 of the new process namespace; it drops every capability and reaps; when it ends, the kernel of the
operating system kills all that is left inside. Its child is the Jupyter kernel. No student code runs in the server,
the guard or the init.

Where namespaces cannot be nested, the kernel runs in the sandbox's own and the grader takes a new sandbox each time.
"""

import base64
import contextlib
import ctypes
import errno
import gc
import importlib
import json
import os
import pkgutil
import platform
import signal
import socket
import sys
import time
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

LINUX = sys.platform == "linux"
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MNT_DETACH = 1, 2, 4, 8, 32, 4096, 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
KEYCTL = {"x86_64": 250, "aarch64": 219}  # the number of the system call
KEYCTL_JOIN_SESSION_KEYRING = 1
INSTRUCTION = 8  # bytes of a BPF program's instruction
CAPABILITIES = 64  # more than there are
CAPABILITY_VERSION_3 = 0x20080522
SCRATCH_FILES = 20_000  # in each scratch folder
END_THIS_FIRST = "1000"  # the highest score for the kernel's out-of-memory killer
SOCKETS = 5  # shell, iopub, stdin, heartbeat, control
UNTIL_ANNOUNCED = 0.005  # seconds between looks for the sockets of a kernel that starts
BETWEEN_LOOKS = 0.2  # seconds between looks at the memory, at least
BETWEEN_SHARES = 0.5  # seconds between looks at the processor time
LONGEST_PAUSE = 2.0  # seconds for which a kernel that takes more than its share is held back at once
LOOKS_SHARE = 5  # and this many times as long as a look takes
PACKER = "--Session.packer=genlab.judging.remote.pack"  # an option of the kernel
SHOW_FIGURES = '__import__("matplotlib_inline.backend_inline").backend_inline._enable_matplotlib_integration()'

libc: Any = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None


class Mode(StrEnum):
    """What stands between a kernel and the grader."""

    NESTED = "nested"  # the sandbox, and in it namespaces of the kernel's own: one server forks all kernels
    PLAIN = "plain"  # the sandbox, which is a new one for each kernel
    UNPROTECTED = "unprotected"  # nothing: the kernel has the grader's rights


class ExitCode(IntEnum):
    """Exit codes with a meaning of their own."""

    KILLED = 128 + 9  # by a signal, as a shell says it
    OUT_OF_MEMORY = 200
    FAILED = 201  # the guard could not set the kernel's world up


@dataclass(frozen=True)
class Settings:
    """What the grader asks of a server.

    ``user``: whom to become if this is root, 0 for nobody else. ``home`` and ``run``: the folders of the kernel and of
    its sockets. ``scratch``: folders that the kernel can write to, with their sizes in bytes. ``rlimits``: by their
    names in ``resource``. ``memory``: bytes for all processes of a kernel together, 0 for any number. ``cores``: how
    many processors a kernel may keep busy, all its processes together, on average. ``preload``: modules to import.
    ``course``: the folder that every user must be able to read. ``refused``: the system calls that a kernel may not
    make, as a BPF program in base 64; empty for none.
    """

    mode: Mode
    user: int
    home: str
    run: str
    scratch: dict[str, int]
    rlimits: dict[str, int]
    memory: int
    cores: float
    preload: list[str]
    course: str
    refused: str


def _call(function: str, *args: Any) -> None:
    """Call a function of the C library. Raises OSError when it fails."""
    if getattr(libc, function)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


def _mount(kind: str, where: str, flags: int, options: str = "") -> None:
    _call("mount", kind.encode(), where.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())


# -- rights


def enter_namespaces() -> None:
    """Leave every namespace of the sandbox for new ones, as an ordinary user with an identity mapping."""
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")


def mount_scratch(scratch: dict[str, int]) -> None:
    """Mount private, bounded folders over the sandbox's own."""
    owner = f"uid={os.getuid()},gid={os.getgid()}"
    for where, size in scratch.items():
        _mount("tmpfs", where, MS_NOSUID | MS_NODEV, f"size={size},nr_inodes={SCRATCH_FILES},mode=0700,{owner}")


def mount_proc() -> None:
    """Show only the new process namespace, and forbid further user namespaces where the system allows it."""
    _mount("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for name, value in {
        "user/max_user_namespaces": "0",
        "kernel/shmall": "0",  # System V shared memory is counted by no other limit
        "kernel/msgmni": "0",
        "fs/mqueue/queues_max": "0",
    }.items():
        with contextlib.suppress(OSError):
            Path("/proc/sys", name).write_text(value, encoding="ascii")


def drop_capabilities() -> None:
    """Give up every capability for good, for this process and all that it starts."""
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused without CAP_SETPCAP: then there is nothing to drop
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


class _Program(ctypes.Structure):
    """The system's ``sock_fprog``: a BPF program and how many instructions it has."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_calls(program: bytes) -> None:
    """Have the operating system refuse what the BPF ``program`` says, to this process and all that it starts."""
    held = _Program(len(program) // INSTRUCTION, program)
    _call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(held), 0, 0)


def end_with_parent() -> None:
    """Ask the operating system to kill this process when its parent dies (PR_SET_PDEATHSIG).

    setuid clears the flag: call this again after ``become``.
    """
    if LINUX:
        _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit(rlimits: dict[str, int]) -> None:
    """Set the resource limits of a kernel, soft and hard."""
    import resource  # not on Windows, where this module can only be imported

    for name, value in rlimits.items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(number, (value, value))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(END_THIS_FIRST, encoding="ascii")


def join_new_keyring() -> None:
    """Leave the session keyring of whoever grades for a new and empty one."""
    if (number := KEYCTL.get(platform.machine())) is not None:
        libc.syscall(number, KEYCTL_JOIN_SESSION_KEYRING, None)  # refused where there are no keyrings: then all is well


def close_files(first: int) -> None:
    """Close every open file from descriptor ``first`` on."""
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def become(user: int) -> None:
    """Stop being root, for good.

    Before that, uncover the parts of /proc that bubblewrap covers for root: a process namespace inside may mount a
    /proc of its own only where one is fully visible, and nobody but root can write to those parts anyway.
    """
    for part in ("sys", "sysrq-trigger", "irq", "bus"):
        libc.umount2(f"/proc/{part}".encode(), MNT_DETACH)  # fails where nothing is covered
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    _call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)  # a change of user takes a process's own /proc/self away from it


def why_not_nested() -> str:
    """What the system says against nested namespaces; an empty string where they can be made."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        problem = ""
        try:
            enter_namespaces()
            _mount("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "size=1m")
            grandchild = os.fork()
            if grandchild == 0:
                try:
                    _mount("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
                except OSError as error:
                    os._exit(error.errno or errno.EPERM)
                os._exit(0)
            code = os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1])
            problem = f"proc: {os.strerror(code)}" if code else ""
        except OSError as error:
            problem = str(error)
        os.write(write, problem.encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, encoding="utf-8") as lines:
        return lines.read()


# -- the kernel


def run_kernel(request: dict[str, Any], settings: Settings) -> None:
    """Become the Jupyter kernel. Does not return."""
    for descriptor in (0, 1, 2):
        os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    close_files(3)
    for signal_number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.chdir(settings.home)
    for name, content in request["files"].items():
        path = Path(settings.home, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    connection = Path(settings.run, "connection.json")
    connection.write_text(json.dumps(request["connection"]), encoding="utf-8")
    reseed()
    sys.path[0] = ""  # the folder of the notebook, as everywhere in Jupyter
    from ipykernel import kernelapp

    argv = ["-f", str(connection), "--HistoryManager.enabled=False", "--IPKernelApp.log_level=50", PACKER]
    if "matplotlib_inline.backend_inline" in sys.modules:  # imported before there was a shell to show figures in
        argv.append(f"--IPKernelApp.exec_lines={SHOW_FIGURES}")
    kernelapp.launch_new_instance(argv=argv)


def reseed() -> None:
    """Give the random number generators, whose states a fork copies, new states."""
    import random

    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].seed()


def init(request: dict[str, Any], settings: Settings) -> None:
    """Give up all rights, start the kernel, reap what ends, and end with the kernel. Does not return.

    Under ``Mode.NESTED`` this is process 1 of the kernel's namespace.
    """
    end_with_parent()
    if settings.mode == Mode.NESTED:
        mount_proc()
    elif LINUX:
        _call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.setsid()
    limit(settings.rlimits)
    if settings.mode != Mode.UNPROTECTED:
        join_new_keyring()
        drop_capabilities()
    if settings.refused:
        refuse_calls(base64.b64decode(settings.refused))
    kernel = os.fork()
    if kernel == 0:
        end_with_parent()  # where no namespace of processes ends with it
        os.setsid()
        run_kernel(request, settings)
    close_files(0)
    if LINUX:
        _call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)  # the student's code cannot trace this process
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    share = settings.cores if settings.mode == Mode.NESTED else 0.0  # elsewhere not all processes in sight are its own
    used, looked = 0.0, time.monotonic()
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == kernel:
            with contextlib.suppress(OSError):
                os.killpg(kernel, signal.SIGKILL)
            os._exit(exit_code(status))
        if pid:
            continue
        if not LINUX:
            time.sleep(BETWEEN_LOOKS)
            continue
        signal.sigtimedwait([signal.SIGCHLD], BETWEEN_SHARES)
        if share and time.monotonic() > looked + BETWEEN_SHARES:
            spent, used = -used, processor_seconds()
            hold_back((spent + used) / share - (time.monotonic() - looked))
            looked = time.monotonic()


def hold_back(seconds: float) -> None:
    """Stop every other process of this namespace, whose first this one is, for so long; nothing happens below 0."""
    if seconds > 0:
        with contextlib.suppress(OSError):
            os.kill(-1, signal.SIGSTOP)
            time.sleep(min(seconds, LONGEST_PAUSE))
            os.kill(-1, signal.SIGCONT)


def processor_seconds() -> float:
    """What the processes in sight have used, and those that have ended before them."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            after_name = process.joinpath("stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2]
            ticks += sum(map(int, after_name.split()[11:15]))  # user, system, and both of children that were waited for
    return ticks / os.sysconf("SC_CLK_TCK")


# -- the guard


def guard(request: dict[str, Any], settings: Settings, control: socket.socket) -> int:
    """Set the kernel's world up, watch it, and return its exit code when it is over."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    if settings.mode == Mode.NESTED:
        enter_namespaces()
        mount_scratch(settings.scratch)
    end_with_parent()
    child = os.fork()
    if child == 0:
        control.close()
        try:
            init(request, settings)
        finally:
            os._exit(ExitCode.FAILED)
    others = {1} if settings.mode == Mode.NESTED else {1, os.getpid(), child}  # not the kernel's memory
    announced, next_look = False, 0.0
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return exit_code(status)
        if hung_up(control):
            return killed(child, ExitCode.FAILED)
        if not announced:
            announced = len(list(Path(settings.run).glob("k-*"))) == SOCKETS
            if announced:
                if settings.mode == Mode.NESTED:  # no link takes the place of a socket that the grader connects to
                    flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV
                    _call("mount", None, settings.run.encode(), None, ctypes.c_ulong(flags), None)
                tell(control, event="kernel", pid=os.getpid())
            time.sleep(UNTIL_ANNOUNCED)
            continue
        if LINUX:
            signal.sigtimedwait([signal.SIGCHLD], BETWEEN_LOOKS)  # wakes up at once when the kernel ends
        else:
            time.sleep(BETWEEN_LOOKS)
        if settings.memory and time.monotonic() > next_look:
            begun = time.monotonic()
            used = memory(others)
            took = time.monotonic() - begun  # with many processes it takes a while
            next_look = time.monotonic() + max(BETWEEN_LOOKS, LOOKS_SHARE * took)
            if used > settings.memory:
                return killed(child, ExitCode.OUT_OF_MEMORY)


def killed(child: int, code: ExitCode) -> int:
    """Kill ``child`` and return ``code``."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return code


def exit_code(status: int) -> int:
    """The code that a shell would say: 128 plus the number for an end by a signal."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def memory(ignore: set[int]) -> int:
    """Bytes of memory of every process in sight but those to ``ignore``, each shared page counted once in all.

    A process may hide which of its pages are shared (PR_SET_DUMPABLE). Then all of them count as its own.
    """
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) not in ignore:
            with contextlib.suppress(OSError):
                try:
                    with process.joinpath("smaps_rollup").open(encoding="ascii") as lines:
                        total += next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
                except PermissionError:
                    resident = process.joinpath("statm").read_text(encoding="ascii").split()[1]
                    total += int(resident) * os.sysconf("SC_PAGE_SIZE")
    return total


def hung_up(control: socket.socket) -> bool:
    """Whether the grader is gone. Its death signal does not reach a process that has become another user."""
    try:
        return control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def tell(control: socket.socket, **message: Any) -> None:
    """Send the grader a message."""
    control.sendall(json.dumps(message).encode() + b"\n")


# -- the server


def preload(names: list[str]) -> None:
    """Import what nearly every submission imports, and do once what takes long the first time.

    A module that cannot be imported here is skipped; the submission that needs it will raise the error itself.
    """
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if "genlab" in sys.modules:
        for module in pkgutil.walk_packages(sys.modules["genlab"].__path__, "genlab.", onerror=lambda name: None):
            if not module.name.endswith(".__main__"):
                with contextlib.suppress(Exception):
                    importlib.import_module(module.name)
        with contextlib.suppress(Exception):
            generate_once()
        with contextlib.suppress(Exception):
            draw_once()
    gc.collect()
    gc.freeze()  # what is there now stays shared between the kernels


def generate_once() -> None:
    """Load the bundled model and have it write two tokens."""
    resources = importlib.import_module("genlab.models").RESOURCES
    tokenizer, model = resources["tokenizer"](), resources["model"]()
    model.generate(**tokenizer("Once", return_tensors="pt"), max_new_tokens=2, do_sample=True, pad_token_id=0)


def draw_once() -> None:
    """Draw a figure in the course's style."""
    style = importlib.import_module("genlab.plots.style")
    with style.figure() as (figure, axes):
        axes.bar([1, 2], [1, 2], hatch="/", label="a")
        axes.set(title="a", xlabel="b")
        style.log_scale(axes.yaxis)
        axes.legend()
    style.png(figure)


def unreadable(folder: str) -> str:
    """A file or folder of the course that this process may not read, or an empty string."""
    return next((str(path) for path in Path(folder).rglob("*") if not os.access(path, os.R_OK)), "")


def main() -> None:
    settings = Settings(**json.loads(sys.argv[1]))
    control = socket.socket(fileno=os.dup(0))
    if settings.user and os.getuid() == 0:
        become(settings.user)
        end_with_parent()
    problem = why_not_nested() if settings.mode == Mode.NESTED else ""
    if not problem:
        preload(settings.preload)
    tell(control, event="ready", not_nested=problem, unreadable=unreadable(settings.course))
    if problem:
        return  # the grader starts a server of another mode
    with control.makefile("r", encoding="utf-8") as requests:
        for line in requests:
            child = os.fork()
            if child == 0:
                code = int(ExitCode.FAILED)
                try:
                    code = guard(json.loads(line), settings, control)
                finally:
                    os._exit(code)
            code = exit_code(os.waitpid(child, 0)[1])
            if LINUX:
                reap()
            tell(control, event="exit", code=code)


def reap() -> None:
    """Take leave of the processes that ended as this one's children, which process 1 inherits."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    main()
