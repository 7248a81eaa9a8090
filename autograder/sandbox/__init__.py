"""Where students' code runs: a bubblewrap sandbox with a warm server that forks one kernel for each submission."""

from autograder.sandbox.bubblewrap import SandboxError
from autograder.sandbox.kernels import Kernel, Sandbox
from autograder.sandbox.limits import Limits
from autograder.sandbox.server import Mode

__all__ = ["Kernel", "Limits", "Mode", "Sandbox", "SandboxError"]
