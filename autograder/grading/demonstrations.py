"""Which cells need not run to grade a submission: the course's demonstrations that nothing graded depends on.

A demonstration is a code cell of the release that is neither locked, solved nor a test: it shows something, mostly a
picture of what the student's function does. Points never come from one, and in notebook 03 they are nine tenths of
the work. A demonstration is left out when it has come back as it was released, and binds no name that a cell that runs
reads. Where the code does not say for certain which names it reads or binds, everything runs. What a method changes is
not seen: a demonstration must not call one, ``model.train()`` say, that changes what graded cells use.
"""

import ast
import symtable
from collections.abc import Iterable

from IPython.core.inputtransformer2 import TransformerManager
from nbformat.notebooknode import NotebookNode

from autograder.grading.cells import marks

# By these, code may reach names that it does not say.
FUNCTIONS = {"globals", "locals", "vars", "dir", "eval", "exec", "compile", "__import__", "get_ipython", "__builtins__"}
MODULES = {"sys", "importlib", "builtins", "inspect", "IPython", "__main__"}
ATTRIBUTES = {"__globals__", "__dict__"}
LONGEST = 10**6  # characters of code that are looked through
COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}


def demonstrations(master: NotebookNode) -> frozenset[str]:
    """The sources of the released notebook's demonstrations."""
    return frozenset(cell.source for cell in master.cells if cell.cell_type == "code" and not marks(cell))


def left_out(notebook: NotebookNode, shown: frozenset[str]) -> set[int]:
    """Which cells of ``notebook`` need not run, by their place, where ``shown`` are sources of demonstrations."""
    code = {place: cell for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    optional = {place: cell.source for place, cell in code.items() if not marks(cell) and cell.source in shown}
    if sum(len(cell.source) for cell in code.values()) > LONGEST:
        return set()
    try:
        read = names_read(cell.source for place, cell in code.items() if place not in optional)
        waiting = {place: (names_changed(source), source) for place, source in optional.items()}
        while needed := [place for place, (changed, _) in waiting.items() if changed & read]:
            read |= names_read(waiting.pop(place)[1] for place in needed)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return set(waiting)


def names_read(sources: Iterable[str]) -> set[str]:
    """The global names that these cells may read from others, at once or when a function of theirs is called.

    A name that a cell has bound before it reads it is its own. Raises SyntaxError where all this cannot be told.
    """
    found: set[str] = set()
    for source in sources:
        own: set[str] = set()
        for statement in _statements(source):
            refuse_indirect(statement)
            at_once, later = _reads(statement)
            found |= (at_once - own) | later
            own |= _surely_bound(statement)
    return found


def _statements(source: str) -> list[ast.stmt]:
    """What a cell runs, magics as the calls that they are; nothing where it cannot run, since it is no Python."""
    try:
        return ast.parse(source).body
    except SyntaxError:
        python = TransformerManager().transform_cell(source)
    try:
        compile(python, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    except SyntaxError:
        return []
    return ast.parse(python).body  # SyntaxError for await outside of a function: what it reads cannot be told


def refuse_indirect(statement: ast.stmt) -> None:
    """Raise SyntaxError for code that may read or change any name."""
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=said):
                doubtful = said in FUNCTIONS
            case ast.Attribute(attr=said):
                doubtful = said in ATTRIBUTES
            case ast.alias(name=said) | ast.ImportFrom(module=str(said)):
                doubtful = said.split(".")[0] in MODULES
            case _:
                continue
        if doubtful:
            raise SyntaxError(f"{said} may reach any name")


def _reads(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """The global names that a statement reads when it runs, and those that functions in it read when called."""
    at_once: set[str] = set()
    later: set[str] = set()
    scopes = [(symtable.symtable(ast.unparse(statement), "cell", "exec"), True)]
    while scopes:
        scope, now = scopes.pop()
        scopes += [(child, now and child.get_name() in COMPREHENSIONS) for child in scope.get_children()]
        top = scope.get_type() == "module"
        names = {s.get_name() for s in scope.get_symbols() if s.is_referenced() and (top or s.is_global())}
        (at_once if now else later).update(names)
    for node in ast.walk(statement):  # x += 1 and del x need an x
        target = node.target if isinstance(node, ast.AugAssign) else node
        if isinstance(target, ast.Name) and (target is not node or isinstance(target.ctx, ast.Del)):
            at_once.add(target.id)
    return at_once, later


def _surely_bound(statement: ast.stmt) -> set[str]:
    """Names that are bound once a statement has run, whatever happened in it."""
    match statement:
        case ast.Assign(targets=targets):
            bound = (node for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
            return {node.id for node in bound if isinstance(node.ctx, ast.Store)}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(alias.asname or alias.name).split(".")[0] for alias in names}
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
    return set()


def names_changed(source: str) -> set[str]:
    """The global names that a cell binds, deletes, or changes a part of (``model.config.x = 1`` changes model).

    Raises SyntaxError where that cannot be told.
    """
    symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    found = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
                node = node.func if isinstance(node, ast.Call) else node.value
            if isinstance(node, ast.Name):
                found.add(node.id)
        elif isinstance(node, ast.Global):
            found |= set(node.names)
        elif isinstance(node, ast.alias) and node.name == "*":
            raise SyntaxError("import * may bind any name")
    return found
