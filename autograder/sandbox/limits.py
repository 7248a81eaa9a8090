"""What one submission may use."""

from dataclasses import dataclass

MB = 2**20


@dataclass(frozen=True)
class Limits:
    """Bounds for the kernel of one submission. Sizes are in bytes.

    ``cell_seconds`` and ``notebook_seconds`` are a submission's own seconds: while its code is ready to run and the
    machine is busy with something else, they do not pass (see ``clock``). ``patience`` times as many may pass by the
    clock on the wall. ``start_seconds`` is wall-clock time.

    ``cores`` is how many processors all processes together may keep busy on average; those of a submission that takes
    more are stopped for a moment, again and again, so that its neighbors keep theirs.

    ``memory`` bounds the writable memory of each process and of all of them together (pages that are shared count
    once); ``scratch`` each of the folders that can be written; ``message`` what is accepted from the kernel in one
    piece, the outcome of an exercise included; ``cell_output`` and ``output`` what is kept of outputs.
    """

    cell_seconds: float = 120.0
    notebook_seconds: float = 600.0
    patience: float = 5.0
    start_seconds: float = 60.0
    cores: float = 1.25  # one, and a little for threads that only pass things on
    memory: int = 3072 * MB
    processes: int = 128  # threads count too
    open_files: int = 512
    scratch: int = 128 * MB
    message: int = 32 * MB
    cell_output: int = 1 * MB
    output: int = 8 * MB
    cells: int = 2000
    notebook_bytes: int = 100 * MB

    def rlimits(self) -> dict[str, int]:
        """The limits that the operating system enforces for each process, by their names in ``resource``."""
        return {
            "RLIMIT_DATA": self.memory,
            "RLIMIT_AS": 4 * self.memory,  # address space: libraries and shared mappings too
            "RLIMIT_CPU": int(self.notebook_seconds) + 60,  # the session stops it earlier
            "RLIMIT_FSIZE": self.scratch,
            "RLIMIT_NPROC": self.processes,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_CORE": 0,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_MSGQUEUE": 0,
        }
