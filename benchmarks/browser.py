"""From a key press on a slider to the changed picture, in a browser: ``python -m benchmarks.browser``.

The same two widgets as in ``benchmarks.sliders``, in JupyterLab in headless Chromium. The clock runs from the time
stamp of the key press until the new picture has been decoded and the next frame is drawn.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from benchmarks.sliders import OURS, ROOT, SETUP, USUAL

WATCH = """
output => {
    window.milliseconds = [];
    let pressed = 0, shown = output.querySelector('img')?.src;
    output.addEventListener('keydown', event => { pressed = event.timeStamp; }, true);
    new MutationObserver(async () => {
        const picture = output.querySelector('img');
        if (!pressed || !picture || picture.src === shown) return;
        const since = pressed;
        [pressed, shown] = [0, picture.src];
        await picture.decode().catch(() => {});
        requestAnimationFrame(() => window.milliseconds.push(performance.now() - since));
    }).observe(output, {subtree: true, childList: true, attributes: true, attributeFilter: ['src']});
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=60)
    moves = parser.parse_args().moves
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "browser")]
    from tests.support.jupyterlab_page import Lab, chromium, serving

    widgets = {"SamplingSliders": OURS, "interactive, a new figure": USUAL}
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    (folder / "notebooks").mkdir()
    cells = [new_code_cell(code.replace("VOCABULARY", "2048")) for code in (SETUP, *widgets.values())]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    nbformat.write(notebook, folder / "notebooks" / "bench.ipynb")
    print(f"{moves} key presses on a slider at 2,048 logits, to the changed picture: median milliseconds")
    medians = []
    with serving(folder) as url, chromium() as browser:
        lab = Lab(browser.new_page(viewport={"width": 1280, "height": 1200}), url, folder / "notebooks")
        lab.open("bench.ipynb")
        lab.run_all()
        for number, name in enumerate(widgets, 1):
            lab.go_to(cells[number].id)
            output = lab.page.locator(".jp-Notebook .jp-mod-active .jp-Cell-outputArea")
            output.locator("img").first.wait_for(timeout=60_000)
            lab.idle()
            output.locator(".noUi-handle").first.focus()
            output.evaluate(WATCH)
            for i in range(moves):
                lab.page.keyboard.press("ArrowRight" if i % 20 < 10 else "ArrowLeft")
                lab.page.wait_for_function("count => window.milliseconds.length >= count", arg=i + 1, timeout=10_000)
                lab.page.wait_for_timeout(60)
            medians.append(statistics.median(lab.page.evaluate("window.milliseconds")))
            print(f"{name:<28} {medians[-1]:>8.1f}", flush=True)
    print(f"{'ratio':<28} {medians[1] / medians[0]:>7.1f}x")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
