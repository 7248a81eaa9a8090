"""A cell that needs an exercise says what to do: after a restart, when it was renamed, pasted over or not written."""

import ast
import difflib
import linecache
from types import TracebackType
from typing import Any

STUB = "replace this line with your code"  # what an exercise raises until it is written


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


def missing_exercise(missing: str) -> str | None:
    """What to do when a cell needs the exercise ``missing``, which is not in the kernel; None if it is no exercise."""
    from genlab.checking import DATA

    names = {path.stem for path in DATA.glob("*.json")}
    if missing not in names and missing not in {name.title().replace("_", "") for name in names}:
        return None
    return (
        f"There is no {missing} yet, and this cell needs it. It is an exercise: go to its cell, write it, run it, and "
        "come back. After a restart of the kernel all names are gone: choose Run > Run All Above Selected Cell."
    )


def unwritten(error: BaseException, function: str) -> str | None:
    """What to do when a cell calls a ``function`` that still is as it was handed out; None for other errors."""
    if not isinstance(error, NotImplementedError) or str(error) != STUB:
        return None
    name = function.split(".")[0]
    return f"{name} is not written yet, and this cell needs it. Go back to its exercise, and come here again."


def explain_missing_names() -> None:
    """In a notebook, tell what to do where a cell needs an exercise that is not there or not written."""
    try:
        from IPython import get_ipython  # not in every environment that imports genlab
    except ImportError:
        return
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return

    def show(shell: Any, kind: type, error: Exception, trace: TracebackType, tb_offset: int | None = None) -> None:
        from genlab.checking import CheckFailed

        last = trace
        while last.tb_next is not None:
            last = last.tb_next
        code = last.tb_frame.f_code
        text = unwritten(error, code.co_qualname)
        if isinstance(error, NameError):
            missing = error.name or ""
            text = advice(linecache.getline(code.co_filename, last.tb_lineno), missing, shell.user_ns)
            kind = CheckFailed if text else kind
            text = text or missing_exercise(missing)
        if text is None:
            shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        else:
            told = CheckFailed(text)
            shell._showtraceback(kind, told, told._render_traceback_())

    shell.set_custom_exc((NameError, NotImplementedError), show)
