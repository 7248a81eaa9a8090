"""The system calls that a submission may not make: those with which holes in an operating system are mostly reached.

The sandbox gives nothing away without this filter; it makes the system's own mistakes harder to get at. libseccomp
writes the filter, and the server installs it before any code of a student's runs.
"""

import ctypes
import errno
import logging
import os
import tempfile
from functools import cache

logger = logging.getLogger("autograder.sandbox")
LIBRARY = "libseccomp.so.2"
REFUSED = (
    # namespaces and mounts, which the sandbox is made of
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "mount_setattr", "open_tree", "move_mount"),
    *("fsopen", "fsconfig", "fsmount", "fspick"),
    # other processes
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise"),
    # large parts of the system that no notebook needs
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("add_key", "keyctl", "request_key", "fanotify_init", "open_by_handle_at", "name_to_handle_at", "vmsplice"),
    *("move_pages", "migrate_pages", "personality", "modify_ldt", "lookup_dcookie", "remap_file_pages"),
    # memory that no limit counts
    *("memfd_create", "memfd_secret", "shmget", "msgget", "semget"),
    # the machine
    *("acct", "syslog", "quotactl", "quotactl_fd", "swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load"),
    *("init_module", "finit_module", "delete_module", "iopl", "ioperm", "settimeofday", "clock_settime", "adjtimex"),
    *("clock_adjtime", "sethostname", "setdomainname", "vhangup", "nfsservctl", "uselib"),
)
NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)  # of clone
FAMILIES = frozenset({1, 2, 10, 16})  # of sockets: Unix, IPv4, IPv6, netlink; network namespaces hold all of them
MOST_FAMILIES = max(FAMILIES) + 1

ALLOW, ERRNO = 0x7FFF0000, 0x00050000  # actions of libseccomp
EQUAL, AT_LEAST, MASKED_EQUAL = 4, 5, 7  # and its comparisons


class _Comparison(ctypes.Structure):
    """One of libseccomp's ``scmp_arg_cmp``: the argument's number, how it is compared, and with what."""

    _fields_ = (
        ("number", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


class _Filter:
    """A filter that allows every system call but those that are refused."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(LIBRARY)
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(ALLOW)))

    def refuse(self, name: str, *comparison: int, error: int = errno.EPERM) -> None:
        """Have the call ``name`` fail with ``error`` if its first argument compares so, or always."""
        number = self._library.seccomp_syscall_resolve_name(name.encode())
        if number == -1:
            return  # newer than this libseccomp, or of another architecture
        given = (_Comparison * 1)(_Comparison(0, *comparison)) if comparison else None
        action = ctypes.c_uint32(ERRNO | error)
        self._check(self._library.seccomp_rule_add_array(self._context, action, number, len(given or ()), given))

    def program(self) -> bytes:
        """The filter as a BPF program. The filter is gone afterwards."""
        with tempfile.TemporaryFile() as file:
            self._check(self._library.seccomp_export_bpf(self._context, file.fileno()))
            self._library.seccomp_release(self._context)
            file.seek(0)
            return file.read()

    @staticmethod
    def _check(result: int) -> None:
        if result != 0:
            raise OSError(-result, f"{LIBRARY}: {os.strerror(-result)}")


@cache
def program() -> bytes:
    """The BPF program that refuses them; empty, with a warning, where libseccomp is missing."""
    try:
        calls = _Filter()
    except OSError:
        logger.warning(
            "System calls of submissions are not filtered, since %s is not here: apt install libseccomp2, dnf install "
            "libseccomp. Everything else of the sandbox holds.",
            LIBRARY,
        )
        return b""
    for name in REFUSED:
        calls.refuse(name)
    for flag in NEW_NAMESPACES:
        calls.refuse("clone", MASKED_EQUAL, flag, flag)
    calls.refuse("clone3", error=errno.ENOSYS)  # its flags are out of sight; programs then use clone
    for family in set(range(MOST_FAMILIES)) - FAMILIES:
        calls.refuse("socket", EQUAL, family, error=errno.EAFNOSUPPORT)
    calls.refuse("socket", AT_LEAST, MOST_FAMILIES, error=errno.EAFNOSUPPORT)  # among them vsock, a way to a VM's host
    return calls.program()
