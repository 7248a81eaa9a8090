#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the image of this autograder.
set -euo pipefail

BASE="${GENLAB_GRADESCOPE:-/autograder}"
COURSE="$BASE/source/course"
PYTHON="$BASE/venv/bin/python"
export DEBIAN_FRONTEND=noninteractive UV_PYTHON_INSTALL_DIR="$BASE/python" UV_NO_CACHE=1
export GENLAB_COURSE="$COURSE" PYTHONPATH="$COURSE" HF_HUB_OFFLINE=1

apt-get update
apt-get install -y --no-install-recommends bubblewrap ca-certificates libseccomp2 python3 python3-venv

# The image's own Python may be older than the course needs: uv brings one along.
python3 -m venv "$BASE/uv"
"$BASE/uv/bin/pip" install --quiet uv
"$BASE/uv/bin/uv" venv --quiet --python 3.12 --python-preference only-managed "$BASE/venv"

install() { "$BASE/uv/bin/uv" pip install --quiet --python "$PYTHON" "$@"; }
# torch comes first and alone: from the plain index it brings several GB of CUDA along
torch=$(grep -x 'torch==[0-9.]*' "$COURSE/requirements.txt")
install --no-deps --index-url https://download.pytorch.org/whl/cpu "$torch"
install -r "$COURSE/autograder/requirements.txt" -c "$COURSE/constraints.txt"

cd "$COURSE"
"$PYTHON" -m autograder release # submissions find it done
"$PYTHON" -m genlab             # the build fails where something is missing
