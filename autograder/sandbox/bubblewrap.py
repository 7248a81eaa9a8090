"""The command line that makes a sandbox: what is visible inside it is what is listed here."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from autograder.sandbox.limits import MB

COURSE = "/course"  # where the package genlab is, inside
HOME = "/home/student"
RUN = "/run/kernel"  # the kernel's sockets
SERVER = "/run/server/server.py"
USER = 1_000_000  # whom the kernel runs as when the grader is root: nobody else's number
SCRATCH = ("/tmp", HOME, "/dev/shm", RUN)
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime", "mime.types")
HOW_TO_GET_IT = (
    "Grading runs students' code in a bubblewrap sandbox, and the program bwrap is not installed here.\n"
    "Install it (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap; macOS, Windows: grade on "
    "Linux, for instance in WSL or a virtual machine).\n"
    "Or say --no-sandbox: students' code then runs with your rights, and can read and write all that you can."
)


class SandboxError(RuntimeError):
    """The sandbox does not start here. That is nobody's submission's fault."""


def find() -> str:
    """The path of bwrap; raises SandboxError that says how to get it."""
    path = shutil.which("bwrap") if sys.platform == "linux" else None
    if not path:
        raise SandboxError(HOW_TO_GET_IT)
    return path


def genlab() -> Path:
    """The folder of the package genlab, found without importing it."""
    spec = find_spec("genlab")
    if spec is None or not spec.submodule_search_locations:
        raise SandboxError("the package genlab is not installed")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def python_folders() -> list[Path]:
    """Where the running Python and its packages are, those under /usr left out."""
    folders = {Path(prefix) for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)}
    folders |= {folder.resolve() for folder in folders}
    return sorted(folder for folder in folders if not folder.is_relative_to("/usr"))


def environment() -> dict[str, str]:
    """All that a kernel finds in its environment."""
    return {
        "HOME": HOME,
        "USER": "student",
        "LOGNAME": "student",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": COURSE,
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "NBGRADER_EXECUTION": "autograde",
    }


def command(hidden: Path, scratch: int, nested: bool) -> list[str]:
    """The words before ``python server.py``.

    ``hidden``: the folder of the course, which must not be seen even if it lies inside one that is. ``scratch``: size
    of each folder that can be written. ``nested``: whether the server is to make namespaces of its own; without it
    they are forbidden.
    """
    for folder in (hidden, genlab(), *python_folders()):
        if over := next((scratch for scratch in SCRATCH if folder.is_relative_to(scratch)), None):
            raise SandboxError(
                f"{folder} lies in {over}, and in the sandbox that is a folder of the submission's own.\n"
                "Put the course and its environment somewhere else to grade."
            )
    words = [find(), "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "grading", "--clearenv"]
    words += ["--cap-drop", "ALL"]
    if os.geteuid() == 0:  # root sets the sandbox up, then becomes nobody: see server.become
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SYS_ADMIN"]
    else:
        words += ["--unshare-user", "--uid", "1000", "--gid", "1000"]
        words += [] if nested else ["--disable-userns"]
    for name, value in environment().items():
        words += ["--setenv", name, value]
    for folder in map(Path, SYSTEM):
        if folder.is_symlink():
            words += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.exists():
            words += ["--ro-bind", str(folder), str(folder)]
    for folder in ("/etc", "/run", *parents([*python_folders(), Path(COURSE, "genlab"), Path(SERVER), hidden / "x"])):
        words += ["--dir", str(folder)]
    for name in ETC:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    words += ["--dir", "/sys", "--dir", "/sys/devices", "--dir", "/sys/devices/system"]
    words += ["--ro-bind-try", "/sys/devices/system/cpu", "/sys/devices/system/cpu"]
    around = [folder for folder in python_folders() if hidden.is_relative_to(folder)]
    beside = [folder for folder in python_folders() if folder not in around]
    covered = bool(around) or hidden.is_relative_to("/usr")
    for folder in around:
        words += ["--ro-bind", str(folder), str(folder)]
    words += ["--tmpfs", str(hidden)] if covered else []
    for folder in beside:
        words += ["--ro-bind", str(folder), str(folder)]
    words += ["--remount-ro", str(hidden)] if covered else []
    words += ["--ro-bind", str(genlab()), f"{COURSE}/genlab"]
    answers = genlab() / "checks" / "data"  # of the visible checks, which do not run now
    words += (
        ["--tmpfs", f"{COURSE}/genlab/checks/data", "--remount-ro", f"{COURSE}/genlab/checks/data"]
        if answers.is_dir()
        else []
    )
    words += ["--ro-bind", str(Path(__file__).with_name("server.py")), SERVER]
    words += ["--proc", "/proc", "--dev", "/dev"]
    for folder in SCRATCH:
        words += ["--perms", "1777", "--size", str(sizes(scratch)[folder]), "--tmpfs", folder]
    return [*words, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME, "--", sys.executable, "-s", SERVER]


def parents(paths: list[Path]) -> list[Path]:
    """All folders above ``paths``, outermost first: bwrap, run by root, would make them for root alone."""
    folders = {folder for path in paths for folder in path.parents if folder != Path("/")}
    return sorted(folder for folder in folders if not folder.is_relative_to("/usr"))


def sizes(scratch: int) -> dict[str, int]:
    """The bytes that each folder that can be written may hold."""
    return {folder: MB if folder == RUN else scratch for folder in SCRATCH}
