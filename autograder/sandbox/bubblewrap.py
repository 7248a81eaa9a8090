"""The command line that makes a sandbox: what is visible inside it is what is listed here."""

import contextlib
import os
import shutil
import site
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from autograder.sandbox.limits import MB

PACKAGE = Path(__file__).resolve().parents[1]  # autograder: in a clone, or installed among the libraries
HERE = Path(__file__).resolve().parent
COURSE = "/course"  # where the package genlab is, inside
HOME = "/home/student"
RUN = "/run/kernel"  # the kernel's sockets
SERVER = "/run/server/server.py"
USER = 1_000_000  # the user id of kernels when root grades: nobody else has this number
SCRATCH = ("/tmp", HOME, "/dev/shm", RUN)  # what can be written
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime", "mime.types")
PROCESSORS = "/sys/devices/system/cpu"  # libraries count them there
LIBRARIES = ("site-packages", "dist-packages")
NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
TO_BECOME_A_USER = ("CAP_SETUID", "CAP_SETGID", "CAP_SYS_ADMIN")  # given up in ``server.become``
HOW_TO_GET_IT = (
    "Grading runs students' code in a bubblewrap sandbox, and the program bwrap is not installed here.\n"
    "Install it (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap; macOS, Windows: grade on "
    "Linux, for instance in WSL or a virtual machine).\n"
    "Or say --no-sandbox: students' code then runs with your rights, and can read and write all that you can."
)


class SandboxError(RuntimeError):
    """The sandbox does not start here. That is nobody's submission's fault."""


class Arguments(list[str]):
    """Arguments of bwrap, which makes the folders of a sandbox in the order in which they are named here."""

    def add(self, *words: object) -> None:
        self.extend(map(str, words))

    def dir(self, folder: Path) -> None:
        """An empty folder, and those above it: a bwrap that root runs may make those with mode 0700."""
        for path in [*reversed(folder.parents), folder][1:]:
            self.add("--dir", path)

    def ro_bind(self, source: Path, target: Path | None = None, needed: bool = True) -> None:
        """``source`` as it is outside, read-only, at ``target`` or in its own place."""
        target = target or source
        self.dir(target.parent)
        self.add("--ro-bind" if needed else "--ro-bind-try", source, target)

    def symlink(self, link: Path) -> None:
        """The same link as outside."""
        self.add("--symlink", link.readlink(), link)

    def tmpfs(self, folder: Path, size: int | None = None, mode: str = "0755") -> None:
        """An empty folder in memory, over whatever is there."""
        self.add("--perms", mode, *(("--size", size) if size else ()), "--tmpfs", folder)

    def remount_ro(self, folder: Path) -> None:
        """From here on nothing can be written to ``folder``."""
        self.add("--remount-ro", folder)


def find() -> str:
    """The path of bwrap. Raises SandboxError, which says how to get it."""
    path = shutil.which("bwrap") if sys.platform == "linux" else None
    if not path:
        raise SandboxError(HOW_TO_GET_IT)
    return path


def genlab() -> Path:
    """The folder of the package genlab, found without importing it."""
    spec = find_spec("genlab")
    if spec is None or not spec.submodule_search_locations:
        raise SandboxError("The package genlab is not installed: run the set-up again, or pip install it.")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def python_folders() -> list[Path]:
    """Where the running Python and its packages are, those under /usr left out."""
    folders = {Path(prefix) for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)}
    for entry in map(Path, sys.path):  # packages of another environment, which a .pth file adds
        inside = any(entry.is_relative_to(folder) for folder in folders)
        if entry.name in LIBRARIES and entry.is_dir() and not inside and str(entry) != site.getusersitepackages():
            folders.add(entry)
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


def secrets() -> list[Path]:
    """The folders that no submission may see, even where they lie in a folder that it does see.

    They are the course with its solutions and its class; this package, which holds the right answers; and the data of
    the visible checks, which do not run when a class is graded.
    """
    from autograder.course import NoCourse, root

    folders = [PACKAGE, genlab() / "judging" / "data"]
    for entry in map(Path, sys.path):  # the same packages may be installed twice
        folders += [entry / "autograder", entry / "genlab" / "judging" / "data"]
    if (PACKAGE.parent / "solutions").is_dir():
        folders.append(PACKAGE.parent)  # the clone in which this package lies
    with contextlib.suppress(NoCourse):  # a worker of a cluster has none
        folders.append(root())
    return sorted({folder.resolve() for folder in folders if folder.is_dir()})


def command(scratch: int, nested: bool) -> list[str]:
    """The command that starts ``server.py`` in a sandbox; the server's settings are to follow.

    ``scratch``: bytes that each folder that can be written may hold. ``nested``: whether the server is to make
    namespaces of its own; without it they are forbidden. Raises SandboxError where no sandbox can be made.
    """
    hidden = secrets()
    _check_places(hidden)
    arguments = Arguments([find(), *NAMESPACES])
    arguments.add("--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "grading", "--cap-drop", "ALL")
    if os.geteuid() == 0:  # root sets the sandbox up; then the server becomes a user without rights
        for capability in TO_BECOME_A_USER:
            arguments.add("--cap-add", capability)
    else:
        arguments.add("--unshare-user", "--uid", 1000, "--gid", 1000, *(() if nested else ("--disable-userns",)))
    arguments.add("--clearenv")
    for name, value in environment().items():
        arguments.add("--setenv", name, value)
    for folder in map(Path, SYSTEM):
        if folder.is_symlink():
            arguments.symlink(folder)
    _show(arguments, hidden)
    arguments.dir(Path("/etc"))
    for name in ETC:
        arguments.ro_bind(Path("/etc", name), needed=False)
    arguments.ro_bind(Path(PROCESSORS), needed=False)
    arguments.ro_bind(HERE / "server.py", Path(SERVER))
    arguments.add("--proc", "/proc", "--dev", "/dev")
    for name, size in sizes(scratch).items():
        arguments.tmpfs(Path(name), size, mode="1777")
    arguments.remount_ro(Path("/dev"))
    arguments.remount_ro(Path("/"))
    arguments.add("--chdir", HOME, "--", sys.executable, "-s", SERVER)
    return list(arguments)


def _check_places(hidden: Iterable[Path]) -> None:
    """Raise SandboxError if the environment lies where a sandbox cannot show it."""
    for folder in python_folders():
        if over := next((place for place in SCRATCH if folder.is_relative_to(place)), None):
            raise SandboxError(
                f"{folder} lies in {over}, and in the sandbox that is a folder of the submission's own.\n"
                "Put the environment somewhere else to grade."
            )
        if folder in hidden:
            raise SandboxError(
                f"{folder} is the course and a Python environment at once, so that one cannot be seen without the "
                f"other.\nMake an environment in a folder of its own, such as {folder}/.venv, to grade."
            )


def _show(arguments: Arguments, hidden: Iterable[Path]) -> None:
    """Show the system, Python and genlab; lay an empty folder over each of ``hidden`` that lies in what is shown."""
    shown = {folder: folder for folder in map(Path, SYSTEM) if folder.is_dir() and not folder.is_symlink()}
    shown |= {folder: folder.resolve() for folder in python_folders()} | {Path(COURSE, "genlab"): genlab()}
    covers = {
        place / secret.relative_to(source)
        for place, source in shown.items()
        for secret in hidden
        if secret.is_relative_to(source)
    }
    done: list[Path] = []
    for place in sorted({*shown, *covers}):  # from the outside in: an environment may lie in the course, or around it
        around = max((other for other in done if place.is_relative_to(other)), default=None)
        if place not in covers:
            arguments.ro_bind(shown[place], place)
        elif around in covers:
            continue  # covered with what is around it
        else:
            arguments.tmpfs(place)
            if place.name == PACKAGE.name:  # an empty folder could be imported
                arguments.ro_bind(HERE / "absent.py", place / "__init__.py")
        done.append(place)
    for place in covers.intersection(done):
        arguments.remount_ro(place)


def sizes(scratch: int) -> dict[str, int]:
    """The bytes that each folder that can be written may hold."""
    return {folder: MB if folder == RUN else scratch for folder in SCRATCH}
