"""The world of every test: one torch thread, no network hub, this environment's programs first on PATH."""

import os
import sys
from pathlib import Path

# Before torch is imported, here and in everything that a test starts. A second thread gains nothing for models of this
# size, and on a busy machine costs up to 25 times the CPU.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
# nbgrader starts alembic by name, also where nobody activated the environment
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
