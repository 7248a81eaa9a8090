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
import resource
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MNT_DETACH = 2, 4, 8, 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
CAPABILITY_VERSION_3 = 0x20080522
SOCKETS = 5  # shell, iopub, stdin, heartbeat, control
SHOW_FIGURES = '__import__("matplotlib_inline.backend_inline").backend_inline._enable_matplotlib_integration()'
OUT_OF_MEMORY, FAILED = 200, 201  # exit codes of the guard

libc = ctypes.CDLL(None, use_errno=True)


def _call(function: str, *args: Any) -> None:
    if getattr(libc, function)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


def _mount(kind: str, where: str, flags: int, options: str = "") -> None:
    _call("mount", kind.encode(), where.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())


def enter_namespaces() -> None:
    """Leave every namespace of the sandbox for new ones, as an ordinary user with an identity mapping."""
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def mount_scratch(settings: dict[str, Any]) -> None:
    """Private, bounded scratch folders over those of the sandbox."""
    owner = f"uid={os.getuid()},gid={os.getgid()}"
    for where, size in settings["scratch"].items():
        _mount("tmpfs", where, MS_NOSUID | MS_NODEV, f"size={size},nr_inodes=20000,mode=0700,{owner}")


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
            Path("/proc/sys", name).write_text(value)


def drop_capabilities() -> None:
    """Give up every capability for good, this process and all it starts."""
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused without CAP_SETPCAP: then there is nothing to drop
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def end_with_parent(settings: dict[str, Any]) -> None:
    """Be killed when the parent ends. A change of user clears this, so it is said again after one."""
    if settings["linux"]:
        _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit(settings: dict[str, Any]) -> None:
    """The resource limits of a kernel, soft and hard."""
    for name, value in settings["rlimits"].items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(number, (value, value))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # if memory runs out, end this first


def run_kernel(request: dict[str, Any], settings: dict[str, Any]) -> None:
    """Become the Jupyter kernel. Does not return."""
    for descriptor in (0, 1, 2):
        os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    os.closerange(3, 256)
    for signal_number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    home = settings["home"]
    os.chdir(home)
    for name, content in request["files"].items():
        path = Path(home, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    connection = Path(settings["run"], "connection.json")
    connection.write_text(json.dumps(request["connection"]))
    reseed()
    sys.path[0] = ""
    from ipykernel import kernelapp

    argv = ["-f", str(connection), "--HistoryManager.enabled=False", "--IPKernelApp.log_level=50"]
    if "matplotlib_inline.backend_inline" in sys.modules:  # imported before there was a shell to show figures in
        argv.append(f"--IPKernelApp.exec_lines={SHOW_FIGURES}")
    kernelapp.launch_new_instance(argv=argv)


def reseed() -> None:
    """Undo what forks share: the state of the random number generators."""
    import random

    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].seed()


def init(request: dict[str, Any], settings: dict[str, Any]) -> None:
    """Process 1 of the kernel's namespace: give up all rights, start the kernel, reap, end with it."""
    end_with_parent(settings)
    if settings["isolate"]:
        mount_proc()
    elif settings["linux"]:
        _call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.setsid()
    limit(settings)
    if settings["drop"]:
        drop_capabilities()
    kernel = os.fork()
    if kernel == 0:
        end_with_parent(settings)  # where no namespace of processes ends with it
        os.setsid()
        run_kernel(request, settings)
    os.closerange(0, 256)
    if settings["linux"]:
        _call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)  # the student's code cannot trace this process
    while True:
        pid, status = os.wait()
        if pid == kernel:
            with contextlib.suppress(OSError):
                os.killpg(kernel, signal.SIGKILL)
            os._exit(exit_code(status))


def exit_code(status: int) -> int:
    """What a shell would say: 128 plus the number for an end by a signal."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def memory(ignore: set[int]) -> int:
    """Bytes of memory of every process in sight, each shared page counted once in all."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) not in ignore:
            with contextlib.suppress(OSError), process.joinpath("smaps_rollup").open(encoding="ascii") as lines:
                total += next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
    return total


def guard(request: dict[str, Any], settings: dict[str, Any], control: socket.socket) -> int:
    """Set the kernel's world up, watch it, and return its exit code when it is over."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    if settings["isolate"]:
        enter_namespaces()
        mount_scratch(settings)
    end_with_parent(settings)
    child = os.fork()
    if child == 0:
        control.close()
        try:
            init(request, settings)
        finally:
            os._exit(FAILED)
    ignore = set() if settings["isolate"] else {1, os.getpid(), child}
    announced, look = False, 0.0
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return exit_code(status)
        if hung_up(control):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return FAILED
        if not announced:
            announced = len(list(Path(settings["run"]).glob("k-*"))) == SOCKETS
            if announced:
                tell(control, event="kernel", pid=os.getpid())
            time.sleep(0.005)
            continue
        if settings["linux"]:
            signal.sigtimedwait([signal.SIGCHLD], 0.2)
        else:
            time.sleep(0.05)
        if settings["memory"] and time.monotonic() > look:
            begun = time.monotonic()
            used = memory(ignore)
            look = time.monotonic() + max(0.2, 5 * (time.monotonic() - begun))  # with many processes it takes a while
            if used > settings["memory"]:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return OUT_OF_MEMORY


def hung_up(control: socket.socket) -> bool:
    """Whether the grader is gone. Its death signal does not reach a process that has become another user."""
    try:
        return control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def tell(control: socket.socket, **message: Any) -> None:
    control.sendall(json.dumps(message).encode() + b"\n")


def can_isolate() -> str:
    """An empty string when namespaces can be nested here, else what the system said."""
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
        os.write(write, problem.encode()[:500])
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as lines:
        return lines.read()


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


def preload(names: list[str]) -> None:
    """Import what nearly every submission imports. What is missing here is missed later, by the submission."""
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def unreadable(folder: str) -> str:
    """A file or folder of the course that this process may not read, or an empty string."""
    return next((str(path) for path in Path(folder).rglob("*") if not os.access(path, os.R_OK)), "")


def main() -> None:
    settings = json.loads(sys.argv[1]) | {"linux": sys.platform == "linux"}
    control = socket.socket(fileno=os.dup(0))
    if settings["become"] and os.getuid() == 0:
        become(settings["become"])
        end_with_parent(settings)
    problem = can_isolate() if settings["isolate"] else "not asked for"
    settings["isolate"] = not problem
    preload(settings["preload"])
    tell(control, event="ready", isolated=not problem, problem=problem, unreadable=unreadable(settings["course"]))
    requests = control.makefile("r", encoding="utf-8")
    for line in requests:
        child = os.fork()
        if child == 0:
            code = FAILED
            try:
                code = guard(json.loads(line), settings, control)
            finally:
                os._exit(code)
        code = exit_code(os.waitpid(child, 0)[1])
        if settings["linux"]:
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
        tell(control, event="exit", code=code)


if __name__ == "__main__":
    main()
