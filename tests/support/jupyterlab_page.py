"""A real JupyterLab, as ``make lab`` starts it, and a page of headless Chromium on it."""

import os
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.course import ROOT, free_port

ARTIFACTS = ROOT / "tests" / "artifacts"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
WORKSPACES = "workspaces"  # in a server's folder: what JupyterLab remembers of open notebooks and folders


class Lab:
    """One browser page on one JupyterLab. ``folder``: where its notebooks lie."""

    def __init__(self, page: Page, url: str, folder: Path) -> None:
        self.page, self.url, self.folder = page, url, folder

    def open(self, notebook: str) -> None:
        """Open ``notebook`` (a path below the folder) and wait until its kernel is idle."""
        self.go(f"/lab/tree/notebooks/{notebook}?reset")

    def go(self, address: str) -> None:
        """Open an address that leads to a notebook, and wait until its kernel is idle."""
        self.page.goto(self.url + address)
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", timeout=120_000)
        self.page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
        self.idle()

    def run_all(self) -> None:
        """Run every cell and wait for the end."""
        self.command("notebook:run-all-cells")
        self.idle()

    def command(self, name: str, args: str = "{}") -> None:
        self.page.evaluate(f"window.jupyterapp.commands.execute({name!r}, {args})")

    def idle(self, seconds: float = 240) -> None:
        """Wait until the current notebook's kernel has nothing to do. Between two cells it is idle for a moment."""
        self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp.shell.currentWidget;
                const cells = panel?.content?.widgets ?? [];
                return panel?.sessionContext?.session?.kernel?.status === 'idle'
                    && cells.every(cell => !['running', 'scheduled'].includes(cell.model.executionState));
            }""",
            timeout=seconds * 1000,
        )

    def show(self, css: str) -> None:
        """Scroll a part of the notebook into view (cells far away are not in the page until then)."""
        self.page.locator(css).first.scroll_into_view_if_needed(timeout=60_000)

    def go_to(self, cell_id: str) -> None:
        """Make the cell with this id the active one and bring it into view."""
        self.page.evaluate(
            """async id => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                const index = notebook.widgets.findIndex(cell => cell.model.id === id);
                notebook.activeCellIndex = index;
                await notebook.scrollToItem(index, 'start');
            }""",
            cell_id,
        )
        self.page.wait_for_selector(".jp-mod-active", timeout=30_000)
        self.page.wait_for_timeout(500)

    def theme(self, name: str) -> None:
        """Switch to ``JupyterLab Light`` or ``JupyterLab Dark``."""
        self.command("apputils:change-theme", f"{{theme: {name!r}}}")
        self.page.wait_for_function(f"document.body.dataset.jpThemeName === {name!r}", timeout=30_000)
        self.page.wait_for_timeout(1000)  # the style sheet arrives a little later

    def both_themes(self, name: str) -> None:
        """A screenshot in each theme."""
        for theme in ("Light", "Dark"):
            self.theme(f"JupyterLab {theme}")
            self.screenshot(f"{name}-{theme.lower()}")

    def screenshot(self, name: str) -> Path:
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")
        return ARTIFACTS / f"{name}.png"


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[str]:
    """The address of a student's JupyterLab in ``folder``. Raises RuntimeError with its log when it does not start."""
    port = free_port()
    options = (
        f"--no-browser --allow-root --port={port} --ServerApp.port_retries=0 --IdentityProvider.token= "
        "--expose-app-in-browser --LabApp.news_url="
    )
    shown = subprocess.run(["make", "-n", "lab", f"LAB_ARGS={options}"], cwd=ROOT, text=True, capture_output=True)
    lines = [line for line in shown.stdout.splitlines() if line.startswith("python -m jupyterlab ")]
    if len(lines) != 1:
        raise RuntimeError(f"make lab does not start JupyterLab: {shown}")
    command = [sys.executable, *shlex.split(lines[0])[1:]]
    own = {"JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_CONFIG_PATH": "", "HF_HUB_OFFLINE": "1"}
    own["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / WORKSPACES)
    variables = os.environ | own | environment
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, env=variables, stdout=log, stderr=log, cwd=folder)
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(240):
                if process.poll() is not None:
                    break
                try:
                    urllib.request.urlopen(f"{url}/api", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.5)
            else:
                raise RuntimeError("JupyterLab did not start")
            if process.poll() is not None:
                raise RuntimeError("JupyterLab ended: " + (folder / "lab.log").read_text(encoding="utf-8")[-2000:])
            yield url
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()
