"""The grader's side of a sandbox: start it, ask it for kernels, end them."""

import base64
import json
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.sandbox import bubblewrap
from autograder.sandbox.bubblewrap import SandboxError
from autograder.sandbox.limits import Limits

ROOT = Path(__file__).resolve().parents[2]
PRELOAD = (
    "numpy",
    "torch",
    "transformers",
    "matplotlib.pyplot",
    "ipywidgets",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "IPython.display",
    "matplotlib_inline",
    "genlab",
    "genlab.checks.remote",
    "genlab.plots.forward",
    "genlab.plots.sampling",
    "genlab.plots.stopping",
    "genlab.plots.tokens",
    "genlab.widgets",
    "transformers.generation.logits_process",
    "transformers.generation.streamers",
)
ENDED = {200: "it used more memory than allowed", 201: "the sandbox could not be set up", 137: "it was killed"}


@dataclass(frozen=True)
class Kernel:
    """A running kernel: its guard's process id, as seen here, and what a client needs to connect."""

    guard: int
    connection: dict[str, Any]


class Sandbox:
    """One sandbox with one kernel at a time. Start it from a thread that lives as long as it does.

    ``protect=False`` runs kernels with the rights of the grader, on the same protocol. ``warm=False`` forgoes the
    nested namespaces and takes a new sandbox for each kernel. Raises SandboxError where it does not work.
    """

    def __init__(self, limits: Limits | None = None, protect: bool = True, warm: bool = True) -> None:
        self.limits, self.protect, self.warm = limits or Limits(), protect, warm
        self.isolated, self.why_not_isolated = False, ""
        self.kernel: Kernel | None = None
        self._process: subprocess.Popen | None = None
        self._folder: Path | None = None

    # -- the server

    def start(self) -> None:
        """Start the server; about three seconds for its imports. Nothing happens when it runs already."""
        if self._process and self._process.poll() is None:
            return
        self.close()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._received = b""
        if self.protect:
            self._control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        words, environment = self._command()
        try:
            self._process = subprocess.Popen(
                [*words, json.dumps(self._settings())],
                stdin=theirs,
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
        if ready["unreadable"]:
            self.close()
            raise SandboxError(
                f"In the sandbox {ready['unreadable']} cannot be read: submissions run as an ordinary user.\n"
                f"Let everybody read the course: chmod -R a+rX {bubblewrap.genlab()}"
            )
        self.isolated = ready["isolated"]
        if self.warm:
            self.why_not_isolated = ready["problem"]
        if self.protect and self.warm and not self.isolated:  # plain bubblewrap, a new one for each kernel
            self.warm = False
            self.close()
            self.start()

    def _command(self) -> tuple[list[str], dict[str, str]]:
        if self.protect:
            return bubblewrap.command(ROOT, self.limits.scratch, nested=self.warm), {}
        self._folder = Path(tempfile.mkdtemp(prefix="grading-"))
        for name in ("home", "run"):
            (self._folder / name).mkdir()
        environment = bubblewrap.environment() | {
            "HOME": str(self._folder / "home"),
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(bubblewrap.genlab().parent),
        }
        return [sys.executable, "-s", str(Path(__file__).with_name("server.py"))], environment

    def _settings(self) -> dict[str, Any]:
        run = bubblewrap.RUN if self.protect else str(self._folder / "run")
        home = bubblewrap.HOME if self.protect else str(self._folder / "home")
        rlimits = self.limits.rlimits()
        if not self.protect:  # counted over everything that the user runs
            del rlimits["RLIMIT_NPROC"]
        return {
            "isolate": self.protect and self.warm,
            "drop": self.protect,
            "become": bubblewrap.USER if self.protect else 0,
            "home": home,
            "run": run,
            "scratch": bubblewrap.sizes(self.limits.scratch),
            "rlimits": rlimits,
            "memory": self.limits.memory if self.protect else 0,
            "preload": list(PRELOAD),
            "course": bubblewrap.COURSE if self.protect else str(bubblewrap.genlab()),
        }

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
        """Start a kernel whose working folder holds ``files``; the connection has a new key. Raises SandboxError."""
        self.end_kernel()
        self.start()
        run = self._settings()["run"]
        if not self.protect:
            for left in Path(run).iterdir():
                left.unlink()
        connection: dict[str, Any] = {
            "transport": "ipc",
            "ip": f"{run}/k",
            "key": uuid.uuid4().hex,
            "signature_scheme": "hmac-sha256",
            "kernel_name": "",
        }
        channels = ("shell", "iopub", "stdin", "hb", "control")
        connection |= {f"{channel}_port": number for number, channel in enumerate(channels, 1)}
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
        self.kernel = Kernel(guard, connection | {"ip": f"{root}{run}/k"})
        return self.kernel

    def ended(self) -> str | None:
        """None while the kernel runs, else why it ended, in words."""
        if self.kernel is None:
            return "it has not been started"
        message = self._receive(0)
        if message is None and self._process is not None and self._process.poll() is None:
            return None
        self.kernel = None
        code = (message or {}).get("code", 0)
        return ENDED.get(code, f"exit code {code}")

    def end_kernel(self) -> None:
        """End the kernel and everything that it started."""
        if self.kernel is not None:
            os.kill(self.kernel.guard, signal.SIGKILL)
            deadline = time.monotonic() + 10
            while self.kernel is not None and time.monotonic() < deadline:
                message = self._receive(deadline - time.monotonic())
                if message is None or message["event"] == "exit":
                    break
            self.kernel = None
        if not self.isolated and self.protect:
            self.close()

    # -- messages

    def _receive(self, seconds: float) -> dict[str, Any] | None:
        """The server's next message, or None when it does not come in time or the server is gone.

        The sender's process id is what the operating system says, as seen from here.
        """
        deadline = time.monotonic() + seconds
        sender = 0
        while b"\n" not in self._received:
            self._control.settimeout(max(0.0, deadline - time.monotonic()))
            try:
                if self.protect:
                    data, extra, *_ = self._control.recvmsg(65536, socket.CMSG_SPACE(12))
                    for _, kind, content in extra:
                        if kind == socket.SCM_CREDENTIALS:
                            sender = struct.unpack("3i", content[:12])[0]
                else:
                    data = self._control.recv(65536)
            except (BlockingIOError, TimeoutError, OSError):
                return None
            if not data:
                return None
            self._received += data
        line, self._received = self._received.split(b"\n", 1)
        message = json.loads(line)
        if sender:
            message["pid"] = sender
        return message

    def _said(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-2000:].decode(errors="replace").strip()
