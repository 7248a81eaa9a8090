"""A real JupyterLab in headless Chromium, on a copy of the released notebooks."""

import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from course import ROOT, need
from playwright.sync_api import Page, sync_playwright

ARTEFACTS = ROOT / "tests" / "artefacts"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]


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
        """Wait until the current notebook's kernel has nothing to do."""
        kernel = "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
        self.page.wait_for_function(f"{kernel}?.status === 'idle'", timeout=seconds * 1000)

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

    def screenshot(self, name: str) -> Path:
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png")
        return ARTEFACTS / f"{name}.png"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab that ``make lab`` starts, on a copy of ``notebooks/``; and that copy."""
    need("chromium", "the tests of what a student sees run JupyterLab in headless Chromium (apt-get install chromium)")
    folder = tmp_path_factory.mktemp("lab") / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = (
        f"--no-browser --allow-root --port={port} --ServerApp.port_retries=0 --IdentityProvider.token= "
        "--expose-app-in-browser --LabApp.news_url="
    )
    shown = subprocess.run(["make", "-n", "lab", f"LAB_ARGS={options}"], cwd=ROOT, text=True, capture_output=True)
    command = [sys.executable, *shlex.split(shown.stdout.splitlines()[-1])[1:]]
    assert command[1:3] == ["-m", "jupyterlab"], shown
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(folder.parent / "config"), "HF_HUB_OFFLINE": "1"}
    with (folder.parent / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder.parent)
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
                pytest.fail("JupyterLab did not start")
            if process.poll() is not None:
                pytest.fail("JupyterLab ended: " + (folder.parent / "lab.log").read_text(encoding="utf-8")[-2000:])
            yield url, folder
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="session")
def browser(server):
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def lab(server, browser) -> Iterator[Lab]:
    url, folder = server
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    yield Lab(page, url, folder)
    page.evaluate("window.jupyterapp?.serviceManager.sessions.shutdownAll()")
    page.close()
