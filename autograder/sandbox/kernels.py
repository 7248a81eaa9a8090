"""The grader's side of a sandbox: start it, ask it for kernels, end them."""

import base64
import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from autograder.sandbox import bubblewrap, syscalls
from autograder.sandbox.bubblewrap import SandboxError
from autograder.sandbox.limits import Limits
from autograder.sandbox.server import ExitCode, Mode, Settings

logger = logging.getLogger("autograder.sandbox")
PRELOAD = (  # what nearly every submission imports; of genlab, every module
    "numpy",
    "torch",
    "transformers",
    "transformers.generation.logits_process",
    "transformers.generation.streamers",
    "matplotlib.pyplot",
    "matplotlib_inline",
    "ipywidgets",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "IPython.display",
    "genlab",
)
CHANNELS = ("shell", "iopub", "stdin", "hb", "control")
ENDED = {
    ExitCode.OUT_OF_MEMORY: "it used more memory than allowed",
    ExitCode.FAILED: "the sandbox could not be set up",
    ExitCode.KILLED: "it was killed",
}
END_SECONDS = 10.0  # what a guard has to end after it is killed
SAID = 2000  # bytes of what a server that does not start wrote to stderr
CREDENTIALS = struct.Struct("3i")  # process, user and group of who sent a message, said by the operating system


@dataclass(frozen=True)
class Kernel:
    """A running kernel: the process ids of its guard and of itself, as seen from here, and what a client needs to
    connect. ``process`` is 0 where nobody knows it."""

    guard: int
    process: int
    connection: Any  # jupyter_client's KernelConnectionInfo


class Sandbox:
    """One sandbox with one kernel at a time.

    ``protect=False`` runs kernels with the rights of the grader, on the same protocol. ``warm=False`` forgoes the
    nested namespaces and takes a new sandbox for each kernel; so does a machine where they cannot be made, and then
    ``why_not_isolated`` says why. Methods raise SandboxError where no sandbox can be made.

    Start it from a thread that lives as long as the sandbox is needed: Linux ties the death signal of a process to the
    *thread* that forked it, and when that thread ends, the sandbox dies.
    """

    def __init__(self, limits: Limits | None = None, protect: bool = True, warm: bool = True) -> None:
        self.limits = limits or Limits()
        self.mode = Mode.UNPROTECTED if not protect else Mode.NESTED if warm else Mode.PLAIN
        self.why_not_isolated = ""
        self.kernel: Kernel | None = None
        self._process: subprocess.Popen | None = None
        self._folder: Path | None = None  # of an unprotected kernel
        self._hung_up = False  # whether the server has ended; another process that shares this sandbox can tell, too

    @property
    def protect(self) -> bool:
        """Whether kernels run in a sandbox."""
        return self.mode != Mode.UNPROTECTED

    # -- the server

    def start(self) -> None:
        """Start the server; about three seconds for its imports. Nothing happens when it runs already."""
        if self._process and self._process.poll() is None:
            return
        ready = self._start_server()
        if ready["not_nested"]:
            self.why_not_isolated, self.mode = ready["not_nested"], Mode.PLAIN
            warn_of_cold(self.why_not_isolated)
            ready = self._start_server()
        if ready["unreadable"]:
            self.close()
            raise SandboxError(
                f"In the sandbox {ready['unreadable']} cannot be read: submissions run as an ordinary user.\n"
                f"Let everybody read the course: chmod -R a+rX {bubblewrap.genlab()}"
            )

    def _start_server(self) -> dict[str, Any]:
        """Start the server and return its first message."""
        self.close()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._received, self._hung_up = b"", False
        if self.protect:
            self._control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        try:
            command, environment = self._command()
            self._process = subprocess.Popen(
                [*command, json.dumps(asdict(self._settings()))],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env=environment,
                cwd="/",
            )
        finally:
            theirs.close()
        ready = self._receive(self.limits.start_seconds)
        if ready is None:
            problem = self._said()
            self.close()
            raise SandboxError(f"the sandbox did not start: {problem or 'no reason given'}")
        return ready

    def _command(self) -> tuple[list[str], dict[str, str]]:
        """The command that starts the server, its settings left out, and its environment."""
        if self.protect:
            return bubblewrap.command(self.limits.scratch, nested=self.mode == Mode.NESTED), {}
        self._folder = Path(tempfile.mkdtemp(prefix="grading-"))
        for name in ("home", "run"):
            (self._folder / name).mkdir()
        environment = bubblewrap.environment() | {
            "HOME": str(self._folder / "home"),
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(bubblewrap.genlab().parent),
        }
        return [sys.executable, "-s", str(Path(__file__).with_name("server.py"))], environment

    def _settings(self) -> Settings:
        rlimits = self.limits.rlimits()
        if not self.protect:
            del rlimits["RLIMIT_NPROC"]  # counted over everything that the user runs
        home, run = self._folders()
        return Settings(
            mode=self.mode,
            user=bubblewrap.USER if self.protect else 0,
            home=home,
            run=run,
            scratch=bubblewrap.sizes(self.limits.scratch),
            rlimits=rlimits,
            memory=self.limits.memory if self.protect else 0,
            cores=self.limits.cores,
            preload=list(PRELOAD),
            course=bubblewrap.COURSE if self.protect else str(bubblewrap.genlab()),
            refused=base64.b64encode(syscalls.program()).decode() if self.protect else "",
        )

    def _folders(self) -> tuple[str, str]:
        """The folders of the kernel and of its sockets, as the kernel sees them."""
        if self._folder is None:
            return bubblewrap.HOME, bubblewrap.RUN
        return str(self._folder / "home"), str(self._folder / "run")

    def close(self) -> None:
        """End the server and all that runs in the sandbox."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._control.close()
            self._errors.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        self.kernel = None

    # -- one kernel

    def start_kernel(self, files: dict[str, bytes] | None = None) -> Kernel:
        """Start a kernel whose working folder holds ``files``; the connection has a new key."""
        self.end_kernel()
        self.start()
        _, run = self._folders()
        if not self.protect:
            for left in Path(run).iterdir():  # of the kernel before
                left.unlink()
        connection: dict[str, Any] = {
            "transport": "ipc",
            "ip": f"{run}/k",
            "key": uuid.uuid4().hex,
            "signature_scheme": "hmac-sha256",
            "kernel_name": "",
        }
        connection |= {f"{channel}_port": number for number, channel in enumerate(CHANNELS, 1)}
        request = {
            "connection": connection,
            "files": {name: base64.b64encode(content).decode() for name, content in (files or {}).items()},
        }
        self._control.settimeout(self.limits.start_seconds)
        try:
            self._control.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise SandboxError(f"the sandbox does not answer: {error}") from None
        started = self._receive(self.limits.start_seconds)
        if started is None or started["event"] != "kernel":
            problem = self._said() or ENDED.get((started or {}).get("code", 0), "no answer")
            self.close()
            raise SandboxError(f"the kernel did not start: {problem}")
        guard = started["pid"]
        root = f"/proc/{guard}/root" if self.protect else ""
        self.kernel = Kernel(guard, _below(guard), connection | {"ip": f"{root}{run}/k"})
        return self.kernel

    def ended(self) -> str | None:
        """None while the kernel runs, else why it ended, in words."""
        if self.kernel is None:
            return "it has not been started"
        message = self._receive(0)
        if message is None and not self._hung_up:
            return None
        self.kernel = None
        code = (message or {}).get("code", 0)
        return ENDED.get(code, f"exit code {code}")

    def kernel_has_ended(self) -> None:
        """Take note that the kernel has ended, where another process, which shares this sandbox, was told."""
        self.kernel = None
        if self.mode == Mode.PLAIN:
            self.close()

    def end_kernel(self) -> None:
        """End the kernel and everything that it started."""
        if self.kernel is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.kernel.guard, signal.SIGKILL)
            deadline = time.monotonic() + END_SECONDS
            while self.kernel is not None and time.monotonic() < deadline:
                message = self._receive(deadline - time.monotonic())
                if message is None or message["event"] == "exit":
                    break
            self.kernel = None
        if self.mode == Mode.PLAIN:
            self.close()

    # -- messages

    def _receive(self, seconds: float) -> dict[str, Any] | None:
        """The server's next message, or None when it does not come in time or the server is gone.

        Its ``pid``, if the operating system says who sent it, is the sender's as seen from here.
        """
        deadline = time.monotonic() + seconds
        sender = 0
        while b"\n" not in self._received:
            self._control.settimeout(max(0.0, deadline - time.monotonic()))
            try:
                if self.protect:
                    data, extra, *_ = self._control.recvmsg(65536, socket.CMSG_SPACE(CREDENTIALS.size))
                    for _, kind, content in extra:
                        if kind == socket.SCM_CREDENTIALS:
                            sender = CREDENTIALS.unpack(content[: CREDENTIALS.size])[0]
                else:
                    data = self._control.recv(65536)
            except (TimeoutError, BlockingIOError):
                return None
            except OSError:  # nobody is there
                data = b""
            if not data:
                self._hung_up = True
                return None
            self._received += data
        line, self._received = self._received.split(b"\n", 1)
        message = json.loads(line)
        if sender:
            message["pid"] = sender
        return message

    def _said(self) -> str:
        """The end of what the server wrote to stderr."""
        self._errors.seek(0)
        return self._errors.read()[-SAID:].decode(errors="replace").strip()


def _below(guard: int) -> int:
    """The process id of the kernel, which is the child of the child of its guard; 0 when it is gone."""
    try:
        return psutil.Process(guard).children()[0].children()[0].pid
    except (psutil.Error, IndexError):
        return 0


@cache
def warn_of_cold(reason: str) -> None:
    """Say once what it costs that namespaces cannot be nested here, and what to do. ``reason``: the system's words."""
    logger.warning(
        "Namespaces cannot be nested here (%s), so each submission gets a sandbox of its own. Grades are the same, and "
        "each takes some seconds more. To be quicker, grade outside of a container, and with unprivileged user "
        "namespaces allowed: sysctl user.max_user_namespaces must not be 0.",
        reason,
    )
