"""Which of the pinned wheels the package index has for each machine and Python that Kith supports, and their sizes.

    python -m benchmarks.wheels [--write]

uv asks the index that it is configured for; nothing is installed. That a wheel is there does not show that it works:
only the machine at hand can run it. --write keeps the sizes in downloads.txt, one line for each machine and Python that
has every wheel; set-up refuses others, and reads there how much it will fetch. The exit code is 1 when a wheel is
missing.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.markers import Marker
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT: Final = Path(__file__).parents[1]
RUN_TIME: Final = ROOT / "requirements.lock"
TESTS: Final = ROOT / "requirements-dev.lock"
DOWNLOADS: Final = ROOT / "downloads.txt"
HEADING: Final = """\
# MB that set-up fetches: system, machine, Python, to run Kith, for its tests besides. Written by `make lock`.
"""

PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
GLIBC: Final = 28  # torch's wheels want glibc 2.28 or newer (Debian 10, Ubuntu 20.04, RHEL 8)
MACOS: Final = 14  # and macOS 14


@dataclass(frozen=True)
class Target:
    """One machine, named as `uname -sm` names it, with one version of CPython."""

    system: str
    machine: str
    python: str

    def __str__(self) -> str:
        return f"{self.system} {self.machine} {self.python}"

    def wants(self, package: Mapping[str, Any]) -> bool:
        """Whether the package's environment marker holds here."""
        environment = {
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_system": self.system,
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": self.system.lower(),
        }
        return "marker" not in package or Marker(package["marker"]).evaluate(environment)

    def tags(self) -> list[Tag]:
        """The tags of wheels that install here, the best first."""
        major, minor = map(int, self.python.split("."))
        platforms = list(mac_platforms((MACOS, 0), self.machine) if self.system == "Darwin" else _linux(self.machine))
        return [
            *cpython_tags((major, minor), [f"cp{major}{minor}"], platforms),
            *compatible_tags((major, minor), f"cp{major}{minor}", platforms),
        ]


TARGETS: Final = tuple(
    Target(system, machine, python)
    for system, machine in (("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"))
    for python in PYTHONS
)


@dataclass(frozen=True)
class Availability:
    """What the index has for one target: how many wheels, their MB (10^6 bytes), and the packages without one."""

    wheels: int
    run_time: int
    tests: int
    missing: Sequence[str]

    def __str__(self) -> str:
        wheels = f"{self.wheels}/{self.wheels + len(self.missing)}"
        return f"{wheels:>9} {self.run_time:7,d} MB {self.tests:7,d} MB  {', '.join(self.missing) or 'none'}"


def main() -> None:
    """Print which wheels are there, as a table."""
    parser = argparse.ArgumentParser(description="Which pinned wheels there are for each machine and Python.")
    parser.add_argument("--write", action="store_true", help=f"keep the sizes in {DOWNLOADS.name}")
    arguments = parser.parse_args()
    packages, run_time, hashes = pinned(TESTS), names(RUN_TIME), locked_hashes(TESTS)
    found = {target: availability(target, packages, run_time, hashes) for target in TARGETS}
    print(f"{'machine and Python':20} {'wheels':>9} {'to run':>10} {'for tests':>10}  missing")
    for target, available in found.items():
        print(f"{target!s:20} {available}")
    here = f"{platform.system()} {platform.machine()} {platform.python_version()}"
    print(f"Looked up for glibc 2.{GLIBC} and macOS {MACOS}. Only {here} is this machine and can be run here.")
    if arguments.write:
        whole = {target: each for target, each in found.items() if not each.missing}
        lines = "".join(f"{target} {each.run_time} {each.tests}\n" for target, each in whole.items())
        DOWNLOADS.write_text(HEADING + lines, encoding="utf-8")
    sys.exit(any(each.missing for each in found.values()))


def pinned(lock: Path) -> list[dict[str, Any]]:
    """The packages of a locked list as the index describes them: name, version, marker and wheels (PEP 751)."""
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / "pylock.toml"
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-deps", "--format", "pylock.toml"]
        subprocess.run([*command, "--output-file", str(described), str(lock)], cwd=ROOT, check=True)
        packages: list[dict[str, Any]] = tomllib.loads(described.read_text(encoding="utf-8"))["packages"]
    return packages


def names(lock: Path) -> frozenset[str]:
    """The names of the packages that a locked list pins."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return frozenset(canonicalize_name(line.split("==")[0]) for line in lines if "==" in line and line[0].isalnum())


def locked_hashes(lock: Path) -> frozenset[str]:
    """The SHA-256 digests that a locked list allows."""
    words = lock.read_text(encoding="utf-8").split()
    return frozenset(word.removeprefix("--hash=sha256:") for word in words if word.startswith("--hash=sha256:"))


def availability(
    target: Target, packages: Sequence[Mapping[str, Any]], run_time: frozenset[str], hashes: frozenset[str]
) -> Availability:
    """What the index has for the target of these packages; a wheel whose hash is not locked counts as missing."""
    tags = target.tags()
    wheels = {package["name"]: best(package, tags, hashes) for package in packages if target.wants(package)}
    sizes = {name: wheel["size"] for name, wheel in wheels.items() if wheel is not None}
    return Availability(
        wheels=len(sizes),
        run_time=round(sum(size for name, size in sizes.items() if name in run_time) / 1e6),
        tests=round(sum(size for name, size in sizes.items() if name not in run_time) / 1e6),
        missing=[name for name, wheel in wheels.items() if wheel is None],
    )


def best(package: Mapping[str, Any], tags: Sequence[Tag], hashes: frozenset[str]) -> Mapping[str, Any] | None:
    """The package's wheel that carries the earliest of the tags; None if no locked wheel carries one."""
    rank = {tag: place for place, tag in enumerate(tags)}
    wheels = [wheel for wheel in package.get("wheels", ()) if wheel["hashes"]["sha256"] in hashes]
    ranked = [(min(rank[tag] for tag in fitting), wheel) for wheel in wheels if (fitting := _tags(wheel) & rank.keys())]
    return min(ranked, key=lambda each: each[0])[1] if ranked else None


def _tags(wheel: Mapping[str, Any]) -> frozenset[Tag]:
    return parse_wheel_filename(wheel["url"].rsplit("/", 1)[1])[3]


def _linux(machine: str) -> Iterator[str]:
    """The platform tags of wheels that a Linux with the oldest supported glibc takes (PEP 600), the newest first."""
    older = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    for minor in range(GLIBC, 4 if machine == "x86_64" else 16, -1):
        yield f"manylinux_2_{minor}_{machine}"
        if minor in older:
            yield f"{older[minor]}_{machine}"


if __name__ == "__main__":
    main()
