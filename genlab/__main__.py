"""``python -m genlab``: is everything here that the course needs?"""

import importlib.metadata
import platform
import sys

PACKAGES = ("torch", "transformers", "jupyterlab", "nbgrader", "ipywidgets", "matplotlib", "pytest", "nbval")


def main() -> int:
    """Check the installation: a line with OK or FAIL for each thing that the course needs. Returns 1 on a failure."""
    failures = []

    def line(name: str, found: str, problem: str = "") -> None:
        print(f"[{'FAIL' if problem else ' OK '}] {name} {found}{': ' + problem if problem else ''}")
        if problem:
            failures.append(name)

    old = sys.version_info < (3, 11)
    line("python", platform.python_version(), "the course needs Python 3.11 or newer" if old else "")
    for package in PACKAGES:
        try:
            line(package, importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            line(package, "", "is missing; run: pip install -r requirements.txt -c constraints.txt")
    if not failures:
        try:
            from genlab import load_model

            tokenizer, model = load_model("storyteller")
            ids = model.generate(**tokenizer("Once upon a time", return_tensors="pt"), max_new_tokens=2, pad_token_id=0)
            line("storyteller", f"{model.num_parameters():,} parameters, writes{tokenizer.decode(ids[0, -2:])!r}")
        except Exception as error:  # whatever it is, it is a line of the report
            line("storyteller", "", f"{type(error).__name__}: {error}")
    if failures:
        print("Something is missing. Run the set-up again: make lab (or the pip lines of the README).")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
