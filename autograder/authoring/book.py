"""The course as a site, to read without installing anything: ``make book`` writes it into ``build/book/``.

Pages are the executed solution notebooks with their pictures and outputs, and stubs in place of solutions. Sphinx with
MyST-NB makes them: search, light and dark, links to Binder and to download.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.course import root
from autograder.grading.cells import is_solution, is_test

SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION[^\n]*\n?", re.M | re.S)
HIDDEN = re.compile(r"\n### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS", re.S)
SCHEME = re.compile(r"### BEGIN MARK SCHEME\n.*?### END MARK SCHEME", re.S)
TO_WRITE, TO_ANSWER = "...  # this is for you to write", "*This is for you to answer.*"
CONF = """\
project = "model.generate() from the inside"
author = copyright = ""
extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
html_theme = "sphinx_book_theme"
html_title = project
html_show_sphinx = html_show_copyright = html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["book.css"]
suppress_warnings = ["myst.header", "mystnb.unknown_mime_type"]
html_theme_options = {
    "repository_url": "https://github.com/OWNER/REPOSITORY",
    "use_repository_button": True,
    "use_download_button": True,
    "path_to_docs": "notebooks",
    "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"},
    "show_navbar_depth": 1,
}
"""
CSS = """\
details { margin: 0.6em 0; padding: 0.4em 0.8em; border-left: 3px solid #0072B2; }
details > summary { cursor: pointer; font-weight: 600; }
.cell_output img { background: transparent !important; filter: none !important; max-width: 100%; }
@media (min-width: 992px) { .bd-header { display: none; } }
.cell_output pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""


def page(notebook: NotebookNode) -> NotebookNode:
    """The notebook as it may be shown to everybody: outputs kept, solutions and hidden tests taken out."""
    page = nbformat.from_dict(dict(notebook))
    page.cells = []
    for cell in notebook.cells:
        cell = nbformat.from_dict(dict(cell))
        if is_solution(cell):
            if cell.cell_type == "markdown":
                cell.source = TO_ANSWER
            else:
                cell.source = SOLUTION.sub(lambda found: f"{found[1]}{TO_WRITE}\n", cell.source).rstrip()
        elif is_test(cell):
            cell.source = HIDDEN.sub("", cell.source).rstrip()
        cell.source = SCHEME.sub("", cell.source).rstrip()
        cell.metadata = NotebookNode({"tags": cell.metadata.get("tags", [])})
        page.cells.append(cell)
    return page


def build(course: Path, to: Path) -> None:
    """Write the site into the folder ``to``; what was there goes. Raises CalledProcessError when Sphinx fails."""
    source = to.with_name(to.name + "-source")
    for folder in (source, to):
        shutil.rmtree(folder, ignore_errors=True)
    (source / "_static").mkdir(parents=True)
    (source / "conf.py").write_text(CONF, encoding="utf-8")
    (source / "_static" / "book.css").write_text(CSS, encoding="utf-8")
    names = []
    for path in sorted(course.glob("solutions/*/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        folder = source / path.stem
        folder.mkdir()
        nbformat.write(page(notebook), folder / path.name)
        names.append(f"{path.stem}/{path.stem}")
    pages = "\n".join(names)
    toc = f"```{{toctree}}\n:maxdepth: 1\n:hidden:\n:caption: Notebooks\n\n{pages}\n```\n"
    (source / "index.md").write_text(_front(course) + "\n" + toc, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "sphinx", "-q", "-b", "html", str(source), str(to)], check=True)


def _front(course: Path) -> str:
    """What the README says before it speaks of commands, its module table made of links."""
    text = (course / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"^\[!\[.*\n", "", text[: text.index("\n## ")], flags=re.M)
    return re.sub(r"^\| `(\w+)` \|", r"| [\1](\1/\1.ipynb) |", text, flags=re.M)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=None, help="the folder of the site; build/book without it")
    to = parser.parse_args().to or root() / "build" / "book"
    build(root(), to.resolve())
    print(f"The site is in {to}: open {to / 'index.html'}")


if __name__ == "__main__":
    main()
