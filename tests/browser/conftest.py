"""Fixtures: JupyterLab in headless Chromium, on a copy of the released notebooks."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.course import ROOT, need
from tests.support.jupyterlab_page import WORKSPACES, Lab, chromium, serving


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; one for all tests, since Playwright has one loop a process."""
    need("chromium", "these tests look at pages in headless Chromium (apt-get install chromium)")
    with chromium() as it:
        yield it


@pytest.fixture(scope="session")
def server(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab, and the folder with a copy of ``notebooks/``."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    with serving(folder) as url:
        yield url, folder / "notebooks"


@contextmanager
def _page(server, browser) -> Iterator[Lab]:
    url, folder = server
    shutil.rmtree(folder.parent / WORKSPACES, ignore_errors=True)  # what a test before this one had open
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield Lab(page, url, folder)
    page.evaluate("window.jupyterapp?.serviceManager.sessions.shutdownAll()")
    page.close()


@pytest.fixture
def lab(server, browser) -> Iterator[Lab]:
    """An empty page of its own."""
    with _page(server, browser) as lab:
        yield lab


@pytest.fixture(scope="module")
def ran(request, server, browser) -> Iterator[Lab]:
    """The released notebook that the test names (``ran_notebook``), opened and run once for all its tests."""
    with _page(server, browser) as lab:
        lab.open(f"{request.param}/{request.param}.ipynb")
        lab.run_all()
        yield lab
