"""A mapped file that somebody cuts off, overwrites or removes goes on being read as it was."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from graph import leases
from graph.leases import Leases
from graph.snapshots.files import MappedFiles

SIZE = 1 << 20
CUT_OFF = "import os, sys; os.truncate(sys.argv[1], 10)"
OVERWRITE = "import sys; open(sys.argv[1], 'r+b').write(b'other' * 1000)"
REWRITE = "import sys; open(sys.argv[1], 'wb').write(b'new')"


def other_program(code: str, file: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, str(file)])


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture
def taken() -> list[Path]:
    return []


@pytest.fixture
def held(taken: list[Path], monkeypatch: pytest.MonkeyPatch) -> Leases:
    """The leases of this process, of which nobody looks after by himself."""
    found = Leases(taken.append)
    monkeypatch.setattr(leases, "_leases", found)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "numbers.i8"
    np.arange(SIZE // 8).tofile(file)
    return file


@pytest.mark.parametrize("code", [CUT_OFF, OVERWRITE, REWRITE])
def test_who_writes_into_a_mapped_file_waits_until_its_bytes_are_in_memory(
    held: Leases, taken: list[Path], file: Path, code: str
) -> None:
    array = MappedFiles(file.parent, {file.name: SIZE}).array(file.name)
    slice, expected = array[1000:2000], np.arange(SIZE // 8)
    other = other_program(code, file)
    until = time.monotonic() + 40
    while not taken and time.monotonic() < until:
        assert file.stat().st_size == SIZE, "it waits"
        held.look()
    assert other.wait() == 0 and taken == [file]
    assert file.read_bytes() != expected.tobytes()
    assert (array == expected).all() and (slice == expected[1000:2000]).all()
    assert not array.flags.writeable


def test_a_file_that_nobody_reads_any_more_is_free(held: Leases, taken: list[Path], file: Path) -> None:
    array = MappedFiles(file.parent, {file.name: SIZE}).array(file.name)
    open_before = open_files()
    del array
    held.look()
    assert open_files() < open_before and taken == []
    assert other_program(CUT_OFF, file).wait() == 0


def test_a_file_that_is_removed_is_read_on(held: Leases, taken: list[Path], file: Path) -> None:
    array = MappedFiles(file.parent, {file.name: SIZE}).array(file.name)
    file.unlink()
    held.look()
    assert (array == np.arange(SIZE // 8)).all() and taken == []


def test_where_somebody_writes_already_it_is_mapped_without_a_lease(held: Leases, file: Path) -> None:
    with file.open("r+b"):
        array = MappedFiles(file.parent, {file.name: SIZE}).array(file.name)
    held.look()
    assert array[5] == 5
