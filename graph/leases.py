"""Mapped files whose bytes stay as they are for this process, also while somebody writes into them or cuts them off.

Reading a mapped file beyond its end kills the process (SIGBUS). Linux lets a reader hold a lease on a file: who opens
it for writing, or cuts it off, waits until the reader has let go, for at most 45 seconds (lease-break-time). Before a
process lets go it takes the bytes of the file into memory of its own, at the same addresses, so whoever reads the array
there notices nothing. Where there are no leases (another system, a file of another user) files are mapped without.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import resource
import signal
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

EVERY: Final = 1.0  # seconds between two looks for whoever waits
MOVE_THERE: Final = 3  # MREMAP_MAYMOVE | MREMAP_FIXED
HELD: Final = fcntl.F_RDLCK


@dataclass(frozen=True)
class _Lease:
    path: Path
    descriptor: int
    array: weakref.ref[np.memmap[Any, Any]]


class Leases:
    """The leases of a process. taken: is told of each file whose bytes were taken into memory."""

    def __init__(self, taken: Callable[[Path], None]) -> None:
        self._taken = taken
        self._held: list[_Lease] = []
        self._lock = threading.Lock()

    def hold(self, path: Path, array: np.memmap[Any, Any]) -> None:
        """Hold a lease on a mapped file for as long as its array lives, where the system gives one.

        Raises ValueError where the file has been cut off already.
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # which does nothing; the default ends the process
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError:
            os.close(descriptor)
            return
        if os.fstat(descriptor).st_size < array.nbytes:
            os.close(descriptor)
            raise ValueError("it is shorter than it was")
        with self._lock:
            self._held.append(_Lease(path, descriptor, weakref.ref(array)))

    def look(self) -> None:
        """Let go of files that somebody waits for, with their bytes in memory by then, and of those read no more.

        Where there is no memory for the bytes, it is tried again at the next look.
        """
        with self._lock:
            kept = []
            for lease in self._held:
                array = lease.array()
                if array is not None and fcntl.fcntl(lease.descriptor, fcntl.F_GETLEASE) == HELD:
                    kept.append(lease)
                    continue
                if array is not None:
                    try:
                        _take(array)
                    except OSError:
                        kept.append(lease)
                        continue
                    self._taken(lease.path)
                os.close(lease.descriptor)  # which ends the lease
            self._held = kept

    def start(self) -> None:
        """Look again and again, until the process ends."""
        threading.Thread(target=self._run, name="kith-leases", daemon=True).start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(EVERY):
            self.look()


def _take(array: np.memmap[Any, Any]) -> None:
    """Put a copy of a mapped array, in memory of this process, in its place, at once for all who read it."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
    size, there = array.nbytes, array.ctypes.data
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    copy = libc.mmap(None, ctypes.c_size_t(size), mmap.PROT_READ | mmap.PROT_WRITE, private, -1, ctypes.c_long(0))
    if copy == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "no memory for the bytes of a file that somebody writes into")
    ctypes.memmove(copy, there, size)
    libc.mprotect(ctypes.c_void_p(copy), ctypes.c_size_t(size), mmap.PROT_READ)
    sizes = ctypes.c_size_t(size), ctypes.c_size_t(size)
    if libc.mremap(ctypes.c_void_p(copy), *sizes, MOVE_THERE, ctypes.c_void_p(there)) != there:
        raise OSError(ctypes.get_errno(), "the bytes of a file could not be put in its place")


_leases: Leases | None = None


def start(taken: Callable[[Path], None]) -> None:
    """Hold leases on all files that this process maps from now on. A second call does nothing."""
    global _leases
    if _leases is None and hasattr(fcntl, "F_SETLEASE"):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each lease is an open file
        _leases = Leases(taken)
        _leases.start()


def hold(path: Path, array: np.memmap[Any, Any]) -> None:
    """Hold a lease on a mapped file, where this process does so."""
    if _leases is not None:
        _leases.hold(path, array)
