"""What a contained process gives up: resources, files, the network, and all that could change the outside.

On Linux two walls stand around it beside the limits: Landlock (only the named folder can be read) and a seccomp filter
(no file is opened for writing, none is made, renamed or removed; no program, process or socket is started).
"""

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

LIMITS = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": 4096, "RLIMIT_CPU": 900}

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
SECCOMP_MODE_FILTER = 2
RET_ALLOW, RET_KILL, RET_ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EACCES, ENOSYS = 13, 38
# The opcodes of classic BPF that a filter needs: load a word, jump if equal, jump if bits are set, return.
LOAD, JUMP_EQUAL, JUMP_SET, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
AT_NUMBER, AT_ARCH, AT_ARGUMENTS = 0, 4, 16
WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CLONE_THREAD = 0x00010000
X32_BIT = 0x40000000

ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
OPENERS: dict[str, tuple[int | None, int | None, int]] = {"open": (2, None, 1), "openat": (257, 56, 2)}
"""Calls that open: their numbers on x86-64 and arm64, and which argument holds the flags."""
CLONE = (56, 220)
ABSENT = {"clone3": (435, 435), "openat2": (437, 437)}
"""Calls that take their flags where a filter cannot see them; libraries fall back to the older ones."""
FORBIDDEN: dict[str, tuple[int | None, int | None]] = {
    "creat": (85, None),
    "truncate": (76, 45),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rmdir": (84, None),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "bind": (49, 200),
    "connect": (42, 203),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "setrlimit": (160, 164),
    "prlimit64": (302, 261),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_by_handle_at": (304, 265),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
}

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_CREATE_VERSION, LANDLOCK_PATH_BENEATH = 1, 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
# How many rights on files each version of Landlock knows (the later ones add none).
FILE_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
NET_RIGHTS, NET_SINCE = 0b11, 4


def enter(readable: Sequence[Path], *, memory_bytes: int) -> tuple[str, ...]:
    """Gives up, for good, what this process does not need to read these paths; returns the walls that stand."""
    for name, most in LIMITS.items():
        _limit(name, most)
    _limit("RLIMIT_AS", memory_bytes)
    walls = ["limits"]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            walls += [
                name for name, built in (("landlock", _landlock(libc, readable)), ("seccomp", _seccomp(libc))) if built
            ]
    return tuple(walls)


def _limit(name: str, most: int) -> None:
    kind = getattr(resource, name)
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(kind, (most, most))
    except (ValueError, OSError):
        return  # macOS does not bound the address space


def _landlock(libc: ctypes.CDLL, readable: Sequence[Path]) -> bool:
    """Leaves only these paths and what is below them, and only for reading."""
    version = libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), LANDLOCK_CREATE_VERSION)
    if version < 1:
        return False
    rights = (1 << FILE_RIGHTS_BY_VERSION.get(version, 16)) - 1
    ruled = struct.pack("QQ", rights, NET_RIGHTS) if version >= NET_SINCE else struct.pack("Q", rights)
    rules = libc.syscall(LANDLOCK_CREATE, ruled, ctypes.c_size_t(len(ruled)), 0)
    if rules < 0:
        return False
    try:
        added = all(_allow_reading(libc, rules, path) for path in readable if path.exists())
        return added and libc.syscall(LANDLOCK_RESTRICT, rules, 0) == 0
    finally:
        os.close(rules)


def _allow_reading(libc: ctypes.CDLL, rules: int, path: Path) -> bool:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", READ_FILE | READ_DIR if path.is_dir() else READ_FILE, opened)
        return bool(libc.syscall(LANDLOCK_ADD, rules, LANDLOCK_PATH_BENEATH, rule, 0) == 0)
    finally:
        os.close(opened)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _seccomp(libc: ctypes.CDLL) -> bool:
    """Forbids every call that changes something outside of this process."""
    if platform.machine() not in ARCHITECTURES:
        return False
    code = b"".join(struct.pack("HBBI", *step) for step in _filter(*ARCHITECTURES[platform.machine()]))
    program = _Program(len(code) // 8, code)
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _filter(arch: int, column: int) -> list[tuple[int, int, int, int]]:
    """The filter's steps: (opcode, steps to skip if true, if false, operand)."""
    steps = [(LOAD, 0, 0, AT_ARCH), (JUMP_EQUAL, 1, 0, arch), (RETURN, 0, 0, RET_KILL), (LOAD, 0, 0, AT_NUMBER)]
    if column == 0:
        steps += [(JUMP_AT_LEAST, 0, 1, X32_BIT), (RETURN, 0, 0, RET_KILL)]
    for calls, answer in ((FORBIDDEN, EACCES), (ABSENT, ENOSYS)):
        for numbers in calls.values():
            if (number := numbers[column]) is not None:
                steps += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, RET_ERRNO | answer)]
    for x86_64, arm64, argument in OPENERS.values():
        if (number := (x86_64, arm64)[column]) is not None:
            steps += _by_argument(number, argument, WRITING_FLAGS, refuse_if_set=True)
    steps += _by_argument(CLONE[column], 0, CLONE_THREAD, refuse_if_set=False)
    return [*steps, (RETURN, 0, 0, RET_ALLOW)]


def _by_argument(number: int, argument: int, mask: int, *, refuse_if_set: bool) -> list[tuple[int, int, int, int]]:
    """Refuses a call by bits of one of its arguments (both processors keep the low half first)."""
    allow_next, refuse_next = (1, 0) if refuse_if_set else (0, 1)
    return [
        (JUMP_EQUAL, 0, 4, number),
        (LOAD, 0, 0, AT_ARGUMENTS + 8 * argument),
        (JUMP_SET, refuse_next, allow_next, mask),
        (RETURN, 0, 0, RET_ERRNO | EACCES),
        (RETURN, 0, 0, RET_ALLOW),
    ]
