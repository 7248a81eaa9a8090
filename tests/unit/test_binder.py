"""Would Binder build this? Checked with repo2docker's own build packs, without Docker."""

import re
import subprocess
from pathlib import Path

import pytest
from repo2docker.buildpacks import PythonBuildPack

from tests.support.course import ROOT, need

BINDER = ROOT / "binder"


@pytest.fixture
def pack(monkeypatch):
    monkeypatch.chdir(ROOT)
    pack = PythonBuildPack("docker.io/library/buildpack-deps:jammy")
    pack.platform = "linux/amd64"
    return pack


def test_the_python_build_pack_takes_it(pack):
    assert pack.detect()
    assert Path(pack.binder_dir).name == "binder"
    assert pack.python_version.startswith("3.11")


def test_the_image_installs_the_requirements_and_runs_our_steps(pack):
    steps = "\n".join(step for _, step in pack.get_assemble_scripts())
    assert '-r "binder/requirements.txt"' in steps
    assert [Path(p).name for p in pack.get_post_build_scripts()] == ["postBuild"]
    assert Path(pack.get_start_script()).name == "start"
    docker = pack.render()
    assert 0 < docker.index("pip install --no-cache-dir -r") < docker.rindex("binder/postBuild")


def test_every_file_that_binder_is_told_of_is_there():
    lines = (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    referred = [line.split()[1] for line in lines if line.startswith(("-r", "-c"))]
    assert referred == ["../requirements.txt", "../constraints.txt"]
    assert all((BINDER / name).resolve().is_file() for name in referred)
    pinned = re.search(r"^torch==([\d.]+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M)[1]
    assert f"torch=={pinned}+cpu" in lines


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_the_scripts_are_executable_and_stop_at_errors(name):
    path = BINDER / name
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o111 and text.startswith("#!/bin/bash\n")
    assert "set -euo pipefail" in text
    subprocess.run([need("bash", "checks the scripts' syntax"), "-n", str(path)], check=True)


def test_start_hands_over_and_keeps_the_hub_out():
    done = subprocess.run(
        [str(BINDER / "start"), "printenv", "HF_HUB_OFFLINE"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"


def test_the_badge_opens_a_notebook_that_exists():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (path,) = re.findall(r"mybinder\.org/v2/[^)\s]*?labpath=([^)\s&]+)", readme)
    assert (ROOT / path.replace("%2F", "/")).is_file()
