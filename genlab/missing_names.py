"""A NameError in a check says what to do: after a restart, when a function was renamed or its cell pasted over."""

import ast
import difflib
import linecache
from types import TracebackType
from typing import Any


def advice(line: str, missing: str, defined: dict[str, Any]) -> str | None:
    """What to do when ``line`` of a notebook cell fails because ``missing`` is not defined; None if it is no check.

    ``defined``: the names of the notebook with their values.
    """
    try:
        call = ast.parse(line.strip(), mode="eval").body
    except SyntaxError:
        return None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check"):
        return None
    functions = [name for name, value in defined.items() if callable(value) and not name.startswith("_")]
    close = difflib.get_close_matches(missing, functions, 1)
    renamed = f" There is {close[0]}: if that is it, give it the name {missing} again." if close else ""
    return (
        f"There is no {missing} yet. Run the cell above in which you write it; it must begin with the line that was "
        f"there, `def {missing}(...)` or `class {missing}`.{renamed} After a restart of the kernel all names are gone: "
        "choose Run > Run All Above Selected Cell."
    )


def explain_missing_names() -> None:
    """In a notebook, tell what to do where a check names a function that is not there. Elsewhere do nothing."""
    try:
        from IPython import get_ipython  # not in every environment that imports genlab
    except ImportError:
        return
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return

    def show(shell: Any, kind: type, error: NameError, trace: TracebackType, tb_offset: int | None = None) -> None:
        from genlab.checking import CheckFailed

        last = trace
        while last.tb_next is not None:
            last = last.tb_next
        line = linecache.getline(last.tb_frame.f_code.co_filename, last.tb_lineno)
        text = advice(line, error.name or "", shell.user_ns)
        if text is None:
            shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        else:
            failed = CheckFailed(text)
            shell._showtraceback(CheckFailed, failed, failed._render_traceback_())

    shell.set_custom_exc((NameError,), show)
