"""Set-up: which Python `make` takes, what it refuses, and that a locked list is installed as it stands."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import set_up

WORKS, SHIM = "#!/bin/sh\nexit 0\n", "#!/bin/sh\necho 'command not found' >&2\nexit 127\n"


@pytest.mark.parametrize(
    ("there", "shims", "taken"),
    [
        (["3.11", "3.12", "3.13", "3.14"], [], "3.11"),
        (["3.12", "3.13", "3.14"], [], "3.14"),
        (["3.12", "3.13"], ["3.11", "3.14"], "3.13"),
        (["3.10", "3.12"], [], "3.12"),
    ],
)
def test_make_takes_3_11_and_else_the_newest(tmp_path: Path, there: list[str], shims: list[str], taken: str) -> None:
    assert f"python{taken} -m venv" in _recipe(tmp_path, there, shims)


def test_without_a_python_make_says_what_to_install(tmp_path: Path) -> None:
    recipe = _recipe(tmp_path, ["3.9", "3.10"], ["3.11"])
    assert 'test -n ""' in recipe
    assert "Python 3.11 to 3.14 is missing: install one (Debian: python3.11 and python3.11-venv" in recipe


def test_a_python_without_locked_wheels_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert set_up.main([]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"The locked lists have no wheels for {platform.system()} riscv64 3.")
    assert "Darwin arm64 3.14" in said


@pytest.mark.slow
def test_a_locked_list_is_installed_with_progress_and_a_wrong_hash_is_not(tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python, digest = environment / "bin" / "python", hashlib.sha256(_wheel(tmp_path).read_bytes()).hexdigest()

    refused = _install(tmp_path, python, "0" * 64)
    assert refused.returncode == 1 and "DO NOT MATCH" in refused.stderr
    installed = _install(tmp_path, python, digest)
    assert installed.returncode == 0, installed.stderr
    assert "0 s: 0 MB fetched" in installed.stdout
    assert subprocess.check_output([str(python), "-c", "import tiny; print(tiny.SIZE)"], text=True) == "3\n"
    assert not list(environment.glob("fetched-*"))  # what was fetched is gone


def _recipe(folder: Path, there: list[str], shims: list[str]) -> str:
    """What `make` would run for a new environment where these Pythons are all there is on the path."""
    for names, script in ((there, WORKS), (shims, SHIM)):
        for name in names:
            (folder / f"python{name}").write_text(script)
            (folder / f"python{name}").chmod(0o755)
    make = shutil.which("make")
    assert make is not None
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHON", "MAKEFLAGS", "MAKELEVEL")
    }
    command = [make, "--dry-run", f"VENV={folder}/venv", f"{folder}/venv/bin/python"]
    return subprocess.check_output(command, cwd=set_up.ROOT, env={**environment, "PATH": str(folder)}, text=True)


def _wheel(folder: Path) -> Path:
    """A wheel with one module, made by hand (PEP 427)."""
    path, info = folder / "tiny-1.0-py3-none-any.whl", "tiny-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", "SIZE = 3\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def _install(folder: Path, python: Path, digest: str) -> subprocess.CompletedProcess[str]:
    """Set-up of a list that pins the wheel by this digest, by the pip of these tests, with progress every 50 ms."""
    pip = sysconfig.get_path("purelib")
    locked = folder / "list.lock"
    locked.write_text(f"tiny==1.0 \\\n    --hash=sha256:{digest}\n")
    code = f"import set_up, sys; from pathlib import Path; sys.exit(set_up.install(Path({str(locked)!r}), 0.05))"
    local = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PYTHONPATH": f"{set_up.ROOT}:{pip}"}
    return subprocess.run([str(python), "-c", code], env={**os.environ, **local}, capture_output=True, text=True)
