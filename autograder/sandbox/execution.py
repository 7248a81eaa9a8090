"""Run code in a kernel that nobody trusts: ask it, wait no longer than is allowed, take what it sends.

The kernel may send anything at any time. Messages are JSON signed with the kernel's key; they are parsed, never
evaluated; what is too large, of an unknown type or malformed is dropped; and no message can end the run.
"""

import json
import time
from typing import Any

import zmq
from jupyter_client import BlockingKernelClient

from autograder.sandbox.clock import Stopwatch
from autograder.sandbox.kernels import Kernel, Sandbox, SandboxError
from autograder.sandbox.limits import Limits
from autograder.sandbox.outputs import Run

__all__ = ["Run", "Session"]

INTERRUPT_SECONDS = 5.0  # a cell's own seconds to end after an interrupt
SETTLE_SECONDS = 3.0  # how long outputs are waited for after the reply, and again after each of them
LATEST_SECONDS = 20.0  # and how long after the reply in all
POLL_SECONDS = 0.1  # between looks at the clock and at whether the kernel has ended
ASK_AGAIN_SECONDS = 0.5  # between questions to a kernel that starts
REFUSED = 4  # times the limit of a message: what is larger is not even received
WAITING = 8  # messages that may wait in a socket
AT_ONCE = 50  # messages of one socket that are read before another socket's turn comes
HEAD = 10_000  # bytes that are read of the header of a message that is too large


class Session:
    """One kernel for one notebook. ``dead`` says why the kernel ended, once it has."""

    def __init__(self, sandbox: Sandbox, kernel: Kernel, limits: Limits) -> None:
        self.sandbox, self.kernel, self.limits = sandbox, kernel, limits
        self.dead = ""
        self._kept = 0  # bytes of outputs
        self._own = self._wall = 0.0  # seconds that cells have taken, see Stopwatch
        self._context = zmq.Context()
        self._context.setsockopt(zmq.MAXMSGSIZE, REFUSED * limits.message)  # defaults of the sockets made below
        self._context.setsockopt(zmq.RCVHWM, WAITING)
        self._context.setsockopt(zmq.LINGER, 0)
        self._context.setsockopt(zmq.RECONNECT_IVL, -1)  # never anew: a link may have taken the place of a socket
        self._client = BlockingKernelClient(context=self._context)
        self._client.load_connection_info(kernel.connection)
        self._client.start_channels(hb=False, stdin=False)
        self._poller = zmq.Poller()
        for channel in (self._client.iopub_channel, self._client.shell_channel):
            self._poller.register(channel.socket, zmq.POLLIN)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """Return when both channels carry messages; no code of the student's has run yet. Raises SandboxError."""
        deadline = time.monotonic() + self.limits.start_seconds
        missing, ask_at = {"kernel_info_reply", "status"}, 0.0
        while missing:
            if time.monotonic() > deadline or self.sandbox.ended() is not None:
                self.close()
                raise SandboxError("the kernel does not answer")
            if time.monotonic() > ask_at:
                ask_at = time.monotonic() + ASK_AGAIN_SECONDS
                self._client.kernel_info()
            for message in self._messages(POLL_SECONDS):
                missing.discard(message["msg_type"])
        while self._messages(0.0):
            pass

    def close(self) -> None:
        """Close the sockets; the kernel is the sandbox's to end."""
        self._client.stop_channels()
        self._context.destroy(linger=0)

    def run(self, code: str, expression: str = "") -> Run:
        """Execute ``code`` and return what came of it, at the latest when its time is over.

        ``expression``: evaluated afterwards; its displays by MIME type come with the reply, in ``Run.value``. Unlike
        outputs, which are dropped when there are too many, a reply arrives.
        """
        run = Run(self.limits.cell_output)
        allowed = self._allowed()
        if self.dead:
            run.problem = f"not run: the kernel had ended ({self.dead})"
        elif min(allowed) <= 0:
            run.problem = f"not run: the notebook's {self.limits.notebook_seconds:g} seconds were over"
        if run.problem:
            return run
        asked = {"value": expression} if expression else {}
        identity = self._client.execute(code, allow_stdin=False, stop_on_error=False, user_expressions=asked)
        execution = Execution(identity, run)
        watch = Stopwatch(self.kernel.process)
        self._wait_for_the_reply(execution, watch, allowed)
        self._wait_for_outputs(execution)
        self._own, self._wall = self._own + watch.own, self._wall + watch.wall
        if self.dead:
            run.problem = f"the kernel ended while this ran: {self.dead}"
        run.finish()
        return run

    def _allowed(self) -> tuple[float, float]:
        """How many seconds the next cell may run: of its own, and by the clock on the wall."""
        own = min(self.limits.cell_seconds, self.limits.notebook_seconds - self._own)
        wall = min(self.limits.cell_seconds, self.limits.notebook_seconds - self._wall / self.limits.patience)
        return own, wall * self.limits.patience

    def _wait_for_the_reply(self, execution: "Execution", watch: Stopwatch, allowed: tuple[float, float]) -> None:
        """Return when the kernel has replied or ended. When its time is over it is interrupted, then ended."""
        own, wall = allowed
        interrupted = False
        while not execution.replied:
            if watch.own > own or watch.wall > wall:
                if interrupted:
                    self._die("it did not stop when it was interrupted")
                    return
                interrupted = True
                execution.run.problem = f"stopped after {watch}"
                self._interrupt()
                own = watch.own + INTERRUPT_SECONDS
                wall = watch.wall + INTERRUPT_SECONDS * self.limits.patience
            if not self._receive(execution) and self._ended():
                return

    def _wait_for_outputs(self, execution: "Execution") -> None:
        """Return when all outputs are there, or nothing comes any more: those that are still missing were lost."""
        latest = time.monotonic() + LATEST_SECONDS
        end = time.monotonic() + SETTLE_SECONDS
        while not (self.dead or execution.idle or time.monotonic() > end):
            if self._receive(execution):
                end = min(time.monotonic() + SETTLE_SECONDS, latest)
            elif self._ended():
                return

    def _receive(self, execution: "Execution") -> bool:
        """Give ``execution`` the messages that are there or come soon; return whether there were any."""
        messages = self._messages(POLL_SECONDS)
        for message in messages:
            self._kept += execution.take(message, self.limits.output - self._kept)
        return bool(messages)

    def _ended(self) -> bool:
        """Whether the kernel has ended; ``dead`` then says why."""
        why = self.sandbox.ended()
        if why is not None:
            self.dead = why
        return why is not None

    def _interrupt(self) -> None:
        message = self._client.session.msg("interrupt_request", content={})
        self._client.control_channel.send(message)

    def _die(self, why: str) -> None:
        self.dead = why
        self.sandbox.end_kernel()

    def _messages(self, seconds: float) -> list[dict[str, Any]]:
        """All messages that are there, or the first that come within ``seconds``; malformed ones are left out."""
        found = []
        for socket, _ in self._poller.poll(int(seconds * 1000)):
            outputs = socket is self._client.iopub_channel.socket
            largest = self.limits.output if outputs else self.limits.message  # more would not be kept
            for _ in range(AT_ONCE):
                try:
                    frames = socket.recv_multipart(zmq.NOBLOCK)
                except zmq.ZMQError:
                    break
                try:
                    found.append(self._parsed(frames, largest))
                except Exception:  # anybody may have sent it
                    continue
        return found

    def _parsed(self, frames: list[bytes], largest: int) -> dict[str, Any]:
        """The message in ``frames``, with its ``size``. Of one of more than ``largest`` bytes only the head is read."""
        session, size = self._client.session, sum(map(len, frames))
        _, frames = session.feed_identities(frames, copy=True)
        if size > largest:
            head, parent = (json.loads(frame[:HEAD]) for frame in frames[1:3])
            message = {"header": head, "msg_type": "stream", "parent_header": parent, "content": {}}
        else:
            message = session.deserialize(frames, content=True, copy=True)
        if not (isinstance(message["content"], dict) and isinstance(message["parent_header"], dict)):
            raise TypeError("not a message")
        return message | {"size": size}


class Execution:
    """One request to execute: what of its answer has come. ``idle``: the kernel has said that it sends no more."""

    def __init__(self, identity: str, run: Run) -> None:
        self.run = run
        self.replied = self.idle = False
        self._identity = identity

    def take(self, message: dict[str, Any], bound: int) -> int:
        """Take what ``message`` says about this request; return how many bytes of output were kept (``Run.take``)."""
        if message["parent_header"].get("msg_id") != self._identity:
            return 0
        kind, content = message["msg_type"], message["content"]
        if kind == "execute_reply":
            self.replied = True
            self.run.answered(content)
        elif kind == "status":
            self.idle = self.idle or content.get("execution_state") == "idle"
        else:
            return self.run.take(message, bound)
        return 0
