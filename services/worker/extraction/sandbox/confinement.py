"""Confinement of a child: a seccomp filter with an allow-list of system calls.

A child has loaded all modules and opened two pipes before its video arrives. It needs reads and writes on open
descriptors, memory, time and exit. Every other call returns EPERM: a child cannot open a socket or a file, start a
program or a process, or signal or trace another one. Landlock and a network namespace would add nothing, and kernels
and containers often do not offer them; a filter needs no privilege.

A deny-list would be longer, and would allow the calls of future kernels. The answer is EPERM instead of a signal, as
libraries try calls that they do not need. pyseccomp would be a shorter program, but it needs the C library libseccomp
in the image and on each developer's machine; the filter below is 14 lines.

See seccomp(2) and the kernel's seccomp_filter.rst.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Sequence

MACHINES = {
    "x86_64": (0xC000003E, 317, {
        "read": 0, "write": 1, "close": 3, "poll": 7, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12,
        "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "readv": 19, "writev": 20,
        "sched_yield": 24, "mremap": 25, "madvise": 28, "nanosleep": 35, "getpid": 39, "exit": 60, "gettimeofday": 96,
        "getrusage": 98, "sysinfo": 99, "sigaltstack": 131, "gettid": 186, "futex": 202, "sched_getaffinity": 204,
        "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231,
        "ppoll": 271, "getrandom": 318,
    }),
    "aarch64": (0xC00000B7, 277, {
        "read": 63, "write": 64, "close": 57, "mmap": 222, "mprotect": 226, "munmap": 215, "brk": 214,
        "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "pread64": 67, "readv": 65, "writev": 66,
        "sched_yield": 124, "mremap": 216, "madvise": 233, "nanosleep": 101, "getpid": 172, "exit": 93,
        "gettimeofday": 169, "getrusage": 165, "sysinfo": 179, "sigaltstack": 132, "gettid": 178, "futex": 98,
        "sched_getaffinity": 123, "restart_syscall": 128, "clock_gettime": 113, "clock_getres": 114,
        "clock_nanosleep": 115, "exit_group": 94, "ppoll": 73, "getrandom": 278,
    }),
}  # fmt: skip
"""For each machine: its AUDIT_ARCH number, the number of the seccomp call, and the allowed calls."""

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4
"""Without it, older kernels disable speculation, which slows decoders; a child has no secret to protect."""
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _MACHINE_AT = 0, 4

Instruction = tuple[int, int, int, int]
"""Instruction of classic BPF: code, jump if true, jump if false, operand."""


def confine_process() -> None:
    """Install the filter for the rest of this process. Raises: OSError if the kernel or the machine has none."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in MACHINES:
        raise OSError(errno.ENOSYS, f"no filter for {sys.platform} on {machine}")
    audited, _, calls = MACHINES[machine]
    install_filter(build_filter(audited, sorted(calls.values())))


def build_filter(audited_machine: int, allowed: Sequence[int]) -> list[Instruction]:
    """Return a filter that allows these calls. A call by the numbers of another machine (32 bits) kills the process."""
    last = len(allowed)
    return [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_JUMP_IF_EQUAL, 1, 0, audited_machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        *((_JUMP_IF_EQUAL, last - position, 0, number) for position, number in enumerate(allowed)),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]


def install_filter(instructions: Sequence[Instruction]) -> None:
    """Install a filter for this process. Raises: OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in instructions))
    # struct sock_fprog: the number of instructions and their address.
    filter_ = ctypes.create_string_buffer(struct.pack("HP", len(instructions), ctypes.addressof(code)))
    seccomp = MACHINES[platform.machine()][1]
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.syscall(
        seccomp, _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_SPEC_ALLOW, filter_
    ):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
