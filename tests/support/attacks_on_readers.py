"""Submissions against what reads them outside of the sandbox: parsers, the judge, the cleaner, the gradebook.

And honest ones that look odd, which must keep their points. Declared as in ``attacks``, into the same ``ATTACKS``.
"""

import base64

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.support.attacks import FORGE, FULL, NONE, attack, first
from tests.support.classroom import LEFT_PAD, SOFTMAX, cell, solved

HALF_AN_EMOJI = "\\ud83d"  # as JSON and Python write it
GIF = base64.b64encode(b"GIF89a\x01\x00\x01\x00\x00\x00\x00;").decode()


def as_bytes(notebook: NotebookNode, old: str = "", new: str = "") -> bytes:
    """The file of ``notebook``, with a part of its text replaced by what nbformat would not write."""
    text = nbformat.writes(notebook)
    assert not old or old in text
    return text.replace(old, new).encode()


def forged(release: NotebookNode, expression: str) -> NotebookNode:
    """Sends the text that ``expression`` makes in place of outcomes; ``n`` is how many are asked for."""
    code = f"""
def answer(function, request):
    n = len(json.loads(request)["args"])
    return Forged({expression})
remote.answer = answer
"""
    return first(release, FORGE + code)


# -- texts that no file and no database takes


@attack(FULL)
def half_an_emoji_in_text(release):
    notebook = solved(release, answer="Before MARK after")
    notebook.cells.append(new_markdown_cell("MARK, again"))
    return as_bytes(notebook, "MARK", HALF_AN_EMOJI)


@attack(FULL)
def half_an_emoji_in_code(release):
    return as_bytes(solved(release, "# MARK\n" + LEFT_PAD), "MARK", HALF_AN_EMOJI)


@attack(FULL, says="half: ")
def half_an_emoji_in_outputs(release):
    return first(release, "print('half: \\ud83d')\nprint('null: \\0')")


@attack((0.0, 3.0))
def half_an_emoji_in_a_result(release):
    """Returned, raised and printed. Only this exercise is lost."""
    return solved(
        release, "def left_pad(rows, pad_id):\n    print('\\ud83d')\n    return ['\\ud83d', {'\\udfff': 1}]\n"
    )


@attack((0.0, 3.0))
def half_an_emoji_in_an_error(release):
    return solved(release, "def left_pad(rows, pad_id):\n    raise KeyError('\\ud83d\\0')\n")


@attack(NONE)
def half_an_emoji_in_forged_outcomes(release):
    return forged(release, """json.dumps([{"error": {"types": ["\\\\ud83d"], "message": "\\\\ud83d\\\\0"}}] * n)""")


@attack((0.0, 3.0))
def number_of_five_thousand_digits(release):
    return solved(release, "def left_pad(rows, pad_id):\n    return 10**5000\n")


# -- values that take all of the time or memory of whoever looks at them


@attack((0.0, 3.0))
def empty_tensor_of_a_billion_rows(release):
    return solved(release, "def left_pad(rows, pad_id):\n    t = torch.zeros(40_000, 40_000, 0)\n    return t, t\n")


@attack(NONE)
def forged_tensor_of_a_billion_rows(release):
    tensor = '{"$tensor": ["float32", [1000000000, 1000000000, 0], ""]}'
    return forged(release, f"'[' + ', '.join(['{{\"value\": {tensor}}}'] * n) + ']'")


@attack(NONE)
def forged_keys_that_collide(release):
    keys = "[[i * (2**61 - 1), 0] for i in range(20_000)]"
    return forged(release, f'json.dumps([{{"value": {{"$dict": {keys}}}}}] * n)')


@attack(NONE)
def forged_million_of_lists(release):
    return forged(release, 'json.dumps([{"value": [[]] * 1_000_000}] * n)')


@attack(NONE)
def forged_depth(release):
    return forged(release, '\'[{"value": \' + "[" * 100_000 + "]" * 100_000 + "}]"')


@attack(FULL)
def sixty_thousand_nested_elements(release):
    return first(release, "from IPython.display import HTML, display\ndisplay(HTML('<ul><li>' * 30_000))")


@attack(FULL)
def thirty_thousand_signs_of_open_elements(release):
    notebook = solved(release, answer="<div>" * 5_900)
    notebook.cells += [new_markdown_cell(text * 2_500) for text in ("<b><p>", "[a](", "![", "\\begin{a}")]
    return notebook


@attack(FULL)
def messages_that_unfold(release):
    """Messages of 27 MB each which are twenty times as large when they have been read."""
    code = """
kernel = get_ipython().kernel
content = b"[" + b"[]," * 9_000_000 + b"[]]"  # sent as it is
for _ in range(14):
    kernel.session.send(kernel.iopub_socket, "stream", content, parent=kernel.get_parent())
"""
    return first(release, code)


@attack(FULL, says="within its share: True")
def busy_in_many_sessions(release):
    """Its neighbors' time: more than a hundred processes that compute, each in a session of its own."""
    code = """
import os, resource, signal, time
children, begun, span = [], time.monotonic(), 6.0
for _ in range(40):
    child = os.fork()
    if child == 0:
        os.setsid()
        while time.monotonic() < begun + span:
            pass
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("within its share:", used.ru_utime + used.ru_stime < 1.6 * (time.monotonic() - begun))
"""
    return first(release, code)


# -- notebooks of odd forms


@attack(FULL)
def cell_id_that_is_no_text(release):
    notebook = solved(release)
    notebook.cells.insert(0, new_code_cell("1", id="odd"))
    notebook.nbformat_minor = 4
    return as_bytes(notebook, '"id": "odd"', '"id": {"<script>": []}')


@attack(FULL)
def cell_id_with_markup(release):
    notebook = solved(release)
    notebook.cells.insert(0, new_code_cell("1", id="odd"))
    notebook.nbformat_minor = 4
    return as_bytes(notebook, '"id": "odd"', '"id": "<img src=x onerror=alert(1)>"')


@attack(FULL)
def display_that_is_no_text(release):
    return first(
        release,
        "from IPython.display import display\n"
        "display({'text/plain': {}, 'text/latex': [1], 'text/html': {}}, raw=True)",
    )


@attack(FULL, never="SECRET")
def attachments_that_are_none(release):
    notebook = solved(release, answer="See ![a](attachment:a.gif) and ![b](attachment:b.png) and ![c](attachment:c)")
    cell(notebook, "why_left")["attachments"] = {"a.gif": {"image/gif": GIF}, "b.png": {"image/png": "no base64 <"}}
    return notebook


# -- honest work that looks odd


def copied_together(release: NotebookNode, together: bool = False) -> NotebookNode:
    """The solved notebook as it is after its cells were copied into a new one: no marks, other ids."""
    notebook = solved(release)
    if together:
        cell(notebook, "left_pad").source = LEFT_PAD + "\n\n" + SOFTMAX
        notebook.cells.remove(cell(notebook, "softmax"))
    for place, old in enumerate(notebook.cells):
        old.metadata, old.id = NotebookNode(), f"new-{place}"
    return notebook


@attack(FULL)
def honest_without_marks_and_ids(release):
    return copied_together(release)


@attack(FULL)
def honest_with_both_functions_in_one_cell(release):
    return copied_together(release, together=True)


@attack((None, 3.0), says="a person has to look")
def lost_cell_is_for_a_person(release):
    notebook = copied_together(release)
    notebook.cells = [code for code in notebook.cells if "def left_pad" not in code.source]
    return notebook


@attack(FULL)
def honest_free_text_copied_elsewhere(release):
    notebook = solved(release)
    text = cell(notebook, "why_left")
    notebook.cells.remove(text)
    notebook.cells.insert(0, new_markdown_cell(text.source))
    return notebook


@attack(FULL)
def honest_defaults_and_callable_objects(release):
    function = LEFT_PAD.replace("(rows, pad_id)", "(rows, pad_id=0, *, _=None)")
    called = SOFTMAX.replace("def softmax(", "def _softmax(") + (
        "\n\nclass Softmax:\n    def __call__(self, logits):\n        return _softmax(logits)\n"
    )
    return solved(release, function, f"{called}\n\nsoftmax = Softmax()\n")
