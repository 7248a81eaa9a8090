"""What came of a piece of code that nobody trusts, within bounds."""

from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output, output_from_msg

OUTPUTS = ("stream", "display_data", "execute_result", "error")
TEXT, LINES = 5_000, 60  # characters of an error's message and of each line of its traceback; lines
ERROR_LINE = 500  # characters of an expression's error


class Run:
    """What came of one piece of code: outputs; the expression's ``value`` by MIME type, or its ``error`` in a line;
    and ``problem``, why it did not run to its end.

    ``bound``: how many bytes of outputs are kept.
    """

    def __init__(self, bound: int = 0) -> None:
        self.outputs: list[NotebookNode] = []
        self.value: dict[str, Any] = {}
        self.error = ""
        self.problem = ""
        self._bound = bound
        self._kept = 0
        self._cut = False

    def take(self, message: dict[str, Any], bound: int) -> int:
        """Keep the output in ``message`` if it is well-formed and within bounds; return how many bytes were kept.

        Of a stream that is too large its beginning is kept. Errors are kept always, shortened. ``bound``: the bytes
        that may still be kept of all outputs of the notebook.
        """
        if message["msg_type"] == "clear_output":
            self.outputs = [output for output in self.outputs if output.output_type == "error"]
            return 0
        if message["msg_type"] not in OUTPUTS:
            return 0
        try:
            taken = self._within(message, max(0, min(self._bound - self._kept, bound)))
            if taken is None:
                return 0
            message, size = taken
            output = output_from_msg(message)
            nbformat.validator.validate(output, ref="output", version=4)
        except Exception:  # malformed: as if it had not come
            return 0
        if output.output_type == "error":
            output.evalue, output.traceback = output.evalue[:TEXT], [line[:TEXT] for line in output.traceback[:LINES]]
        self._kept += size
        self._add(output)
        return size

    def _within(self, message: dict[str, Any], left: int) -> tuple[dict[str, Any], int] | None:
        """The message, cut to ``left`` bytes if that can be done, and its size; None when nothing of it is kept."""
        kind, size = message["msg_type"], message["size"]
        if kind == "error" or size <= left:
            return message, size
        cut_before, self._cut = self._cut, True
        if kind != "stream" or cut_before:
            return None
        content = {"name": "stdout", "text": ""} | message["content"]
        return message | {"content": content | {"text": str(content["text"])[:left]}}, left

    def _add(self, output: NotebookNode) -> None:
        """Append ``output``; the text of a stream goes to the last output if that is the same stream."""
        last = self.outputs[-1] if self.outputs else None
        if output.output_type != "stream":
            self.outputs.append(output)
        elif last is not None and last.output_type == "stream" and last.name == output.name:
            last.text += output.text
        elif output.text:
            self.outputs.append(output)

    def finish(self) -> None:
        """Say that something was left out, if so."""
        if self._cut:
            self.outputs.append(new_output("stream", name="stdout", text="... output truncated ...\n"))

    def answered(self, reply: dict[str, Any]) -> None:
        """Take the value of the expression from the content of an execute_reply."""
        values = reply.get("user_expressions")
        value = values.get("value") if isinstance(values, dict) else None
        if isinstance(value, dict) and isinstance(value.get("data"), dict):
            self.value = value["data"]
        elif isinstance(value, dict) and "ename" in value:
            self.error = f"{value['ename']}: {value.get('evalue')}"[:ERROR_LINE].split("\n")[0]
