"""Run code in a kernel that nobody trusts, and keep what it puts out within bounds.

The kernel may send anything at any time. Messages are JSON signed with the kernel's key; they are parsed, never
evaluated; what is too large, of an unknown type or malformed is dropped; and no message can end the run.
"""

import json
import time
from typing import Any

import nbformat
import zmq
from jupyter_client import BlockingKernelClient
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output, output_from_msg

from autograder.sandbox.kernels import Kernel, Sandbox, SandboxError
from autograder.sandbox.limits import Limits

OUTPUTS = ("stream", "display_data", "execute_result", "error")
INTERRUPT_SECONDS = 5.0  # what a cell has to end after an interrupt
SETTLE_SECONDS = 3.0  # how long after the reply, and after the last of them, outputs are waited for
LATEST_SECONDS = 20.0  # when that ends at the latest
REFUSED = 4  # times the limit of a message: what is larger is not even received


class Session:
    """One kernel for one notebook. ``dead`` says why it ended, once it has."""

    def __init__(self, sandbox: Sandbox, kernel: Kernel, limits: Limits) -> None:
        self.sandbox, self.limits = sandbox, limits
        self.dead = ""
        self.deadline = time.monotonic() + limits.notebook_seconds
        self.kept = 0
        self._context = zmq.Context()
        self._context.setsockopt(zmq.MAXMSGSIZE, REFUSED * limits.message)  # defaults of the sockets made below
        self._context.setsockopt(zmq.RCVHWM, 8)
        self._context.setsockopt(zmq.LINGER, 0)
        self._context.setsockopt(zmq.RECONNECT_IVL, 5)
        self._client = BlockingKernelClient(context=self._context)
        self._client.load_connection_info(kernel.connection)
        self._client.start_channels(hb=False, stdin=False)
        self._poller = zmq.Poller()
        for channel in (self._client.iopub_channel, self._client.shell_channel):
            self._poller.register(channel.socket, zmq.POLLIN)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """Both channels carry messages. Nothing of the student's has run yet. Raises SandboxError."""
        deadline = time.monotonic() + self.limits.start_seconds
        waiting, asked = {"kernel_info_reply", "status"}, 0.0
        while waiting:
            if time.monotonic() > deadline or self.sandbox.ended() is not None:
                self.close()
                raise SandboxError("the kernel does not answer")
            if time.monotonic() > asked:
                asked = time.monotonic() + 0.5
                self._client.kernel_info()
            for message in self._messages(0.05):
                waiting.discard(message["msg_type"])
        while self._messages(0.0):
            pass

    def close(self) -> None:
        """Close the sockets; the kernel is the sandbox's to end."""
        self._client.stop_channels()
        self._context.destroy(linger=0)

    def run(self, code: str, expression: str = "") -> "Run":
        """Execute ``code`` and return what came of it, at the latest when its time is over.

        ``expression``: evaluated afterwards; its displays by MIME type come with the reply, in ``Run.value``. Unlike
        outputs, which are dropped when there are too many, a reply arrives.
        """
        run = Run()
        if self.dead:
            run.problem = f"not run: the kernel had ended ({self.dead})"
            return run
        now = time.monotonic()
        end = min(now + self.limits.cell_seconds, self.deadline)
        if now >= end:
            run.problem = f"not run: the notebook's {self.limits.notebook_seconds:g} seconds were over"
            return run
        asked = {"value": expression} if expression else {}
        identity = self._client.execute(code, allow_stdin=False, stop_on_error=False, user_expressions=asked)
        replied = idle = interrupted = False
        latest = end
        while not (replied and idle):
            if time.monotonic() > end:
                if replied:
                    break  # the outputs that are still missing were lost
                if interrupted:
                    self._die("it did not stop when it was interrupted")
                    break
                interrupted, end = True, time.monotonic() + INTERRUPT_SECONDS
                self._interrupt()
                run.problem = run.problem or f"stopped after {time.monotonic() - now:.0f} seconds"
            messages = self._messages(min(0.1, max(0.0, end - time.monotonic())))
            for message in messages:
                if message.get("parent_header", {}).get("msg_id") != identity:
                    continue
                kind, content = message["msg_type"], message["content"]
                if kind == "execute_reply":
                    replied, latest = True, time.monotonic() + LATEST_SECONDS
                    run.answered(content)
                elif kind == "status":
                    idle = idle or content.get("execution_state") == "idle"
                else:
                    run.take(message, self)
            if replied and (messages or end > latest):
                end = min(time.monotonic() + SETTLE_SECONDS, latest)
            if not messages and (why := self.sandbox.ended()) is not None:
                self.dead = why
                break
        if self.dead:
            run.problem = f"the kernel ended while this ran: {self.dead}"
        run.finish()
        return run

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
            for _ in range(50):
                try:
                    frames = socket.recv_multipart(zmq.NOBLOCK)
                except zmq.ZMQError:
                    break
                try:
                    found.append(self._parsed(frames))
                except Exception:  # anybody may have sent it
                    continue
        return found

    def _parsed(self, frames: list[bytes]) -> dict[str, Any]:
        """A message from its frames, with its ``size``. Of one that is too large only the head is read."""
        session, size = self._client.session, sum(map(len, frames))
        _, frames = session.feed_identities(frames, copy=True)
        if size > self.limits.message:
            head, parent = (json.loads(frame[:10_000]) for frame in frames[1:3])
            return {"header": head, "msg_type": "stream", "parent_header": parent, "content": {}, "size": size}
        message = session.deserialize(frames, content=True, copy=True)
        if not (isinstance(message["content"], dict) and isinstance(message["parent_header"], dict)):
            raise TypeError("not a message")
        return message | {"size": size}


class Run:
    """What came of one piece of code: outputs; the expression's ``value`` by MIME type, or its ``error`` in a line;
    and ``problem``, why it did not run to its end."""

    def __init__(self) -> None:
        self.outputs: list[NotebookNode] = []
        self.value: dict[str, Any] = {}
        self.error = ""
        self.problem = ""
        self._kept = 0
        self._cut = False

    def take(self, message: dict[str, Any], session: Session) -> None:
        """Keep the output in ``message`` if there is room."""
        kind, content = message["msg_type"], message["content"]
        if kind == "clear_output":
            self.outputs = [output for output in self.outputs if output.output_type == "error"]
            return
        if kind not in OUTPUTS:
            return
        room = min(session.limits.cell_output - self._kept, session.limits.output - session.kept)
        size = message["size"]
        try:
            if kind == "stream" and size > room:
                if self._cut:
                    return
                content = {"name": "stdout", "text": ""} | content
                content["text"], size = str(content["text"])[: max(0, room)], max(0, room)
                message = message | {"content": content}
                self._cut = True
            elif kind != "error" and size > room:
                self._cut = True
                return
            output = output_from_msg(message)
            nbformat.validator.validate(output, ref="output", version=4)
        except Exception:  # malformed: as if it had not come
            return
        if kind == "error":
            output.evalue, output.traceback = output.evalue[:5000], [line[:5000] for line in output.traceback[:60]]
        self._kept += size
        session.kept += size
        last = self.outputs[-1] if self.outputs else None
        if kind == "stream" and last is not None and last.output_type == "stream" and last.name == output.name:
            last.text += output.text
        elif kind != "stream" or output.text:
            self.outputs.append(output)

    def finish(self) -> None:
        """Say that something was left out, if so."""
        if self._cut:
            self.outputs.append(new_output("stream", name="stdout", text="... output truncated ...\n"))

    def answered(self, reply: dict[str, Any]) -> None:
        """Take the value of the expression from an execute_reply."""
        values = reply.get("user_expressions")
        value = values.get("value") if isinstance(values, dict) else None
        if isinstance(value, dict) and isinstance(value.get("data"), dict):
            self.value = value["data"]
        elif isinstance(value, dict) and "ename" in value:
            self.error = f"{value['ename']}: {value.get('evalue')}"[:500].split("\n")[0]
