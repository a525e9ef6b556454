"""Which wheels install on which machine; the locked lists are complete, hashed and the same for every machine."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from benchmarks import wheels
from benchmarks.wheels import PYTHONS, RUN_TIME, TARGETS, TESTS, Target, availability, best, locked_hashes, names

LINUX = Target("Linux", "x86_64", "3.12")
ARM = Target("Linux", "aarch64", "3.12")
MAC = Target("Darwin", "arm64", "3.12")


def package(name: str, *tags: str, marker: str = "python_version >= '3'") -> dict[str, Any]:
    """A package as PEP 751 describes it, with a wheel of 3 MB for each of the tags; the tag is also its hash."""
    files = [
        {"url": f"w/{name}-1.0-{tag}.whl", "size": 3_000_000, "hashes": {"sha256": f"hash of {tag}"}} for tag in tags
    ]
    return {"name": name, "version": "1.0", "marker": marker, "wheels": files}


@pytest.mark.parametrize(
    ("tag", "fitting"),
    [
        ("py3-none-any", {LINUX, ARM, MAC}),
        ("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64", {LINUX}),
        ("cp312-cp312-manylinux_2_28_aarch64", {ARM}),
        ("cp312-cp312-macosx_14_0_arm64", {MAC}),
        ("cp312-cp312-macosx_10_13_universal2", {MAC}),
        ("cp39-abi3-manylinux2014_x86_64", {LINUX}),  # the stable ABI of an older Python
        ("cp311-cp311-manylinux_2_28_x86_64", set()),  # another Python
        ("cp312-cp312t-manylinux_2_28_x86_64", set()),  # without the global lock
        ("cp312-cp312-manylinux_2_34_x86_64", set()),  # a newer glibc
        ("cp312-cp312-macosx_15_0_arm64", set()),  # a newer macOS
        ("cp312-cp312-musllinux_1_2_x86_64", set()),
        ("cp312-cp312-win_amd64", set()),
    ],
)
def test_a_wheel_fits_the_machines_that_its_tags_name(tag: str, fitting: set[Target]) -> None:
    one, hashes = package("a", tag), frozenset({f"hash of {tag}"})
    assert {target for target in (LINUX, ARM, MAC) if best(one, target.tags(), hashes)} == fitting


def test_of_two_fitting_wheels_the_more_specific_is_taken() -> None:
    both = package("a", "py3-none-any", "cp312-cp312-manylinux_2_28_x86_64")
    hashes = frozenset({"hash of py3-none-any", "hash of cp312-cp312-manylinux_2_28_x86_64"})
    taken = best(both, LINUX.tags(), hashes)
    assert taken is not None and taken["url"].endswith("manylinux_2_28_x86_64.whl")


def test_what_is_missing_is_named_and_what_is_there_is_weighed() -> None:
    everywhere = package("pure", "py3-none-any")
    linux_only = package("graphics", "py3-none-manylinux_2_28_x86_64", marker="sys_platform == 'linux'")
    unlocked = package("late", "cp312-cp312-macosx_14_0_arm64")  # put on the index after the list was locked
    hashes = frozenset({"hash of py3-none-any", "hash of py3-none-manylinux_2_28_x86_64"})
    packages, run_time = [everywhere, linux_only, unlocked], frozenset({"graphics"})

    linux = availability(LINUX, packages, run_time, hashes)
    assert (linux.wheels, linux.run_time, linux.tests, linux.missing) == (2, 3, 3, ["late"])
    assert availability(ARM, packages, run_time, hashes).missing == ["graphics", "late"]
    mac = availability(MAC, packages, run_time, hashes)  # its marker keeps the graphics library off
    assert (mac.wheels, mac.run_time, mac.tests, mac.missing) == (1, 0, 3, ["late"])


@pytest.mark.parametrize("listed", [RUN_TIME, TESTS], ids=lambda path: path.name)
def test_every_pin_is_exact_and_hashed_and_names_no_index(listed: Path) -> None:
    text = listed.read_text(encoding="utf-8")
    assert "://" not in text and "index" not in text
    pins = [block for block in text.replace("\\\n", " ").splitlines() if block and block[0] not in " #"]
    assert len(pins) > 80
    for pin in pins:
        requirement = Requirement(pin.split(" --hash=")[0])
        assert [each.operator for each in requirement.specifier] == ["=="] and "--hash=sha256:" in pin, pin


def test_the_lists_hold_all_that_is_asked_for() -> None:
    asked = [line for line in (wheels.ROOT / "requirements.txt").read_text().splitlines() if line and line[0].isalpha()]
    assert {canonicalize_name(Requirement(line).name) for line in asked} <= names(RUN_TIME) <= names(TESTS)
    assert locked_hashes(RUN_TIME) <= locked_hashes(TESTS)  # the same versions


def test_the_metadata_allows_the_pythons_that_have_every_wheel() -> None:
    rows = [line.split() for line in wheels.DOWNLOADS.read_text().splitlines() if not line.startswith("#")]
    assert [" ".join(row[:3]) for row in rows] == [str(target) for target in TARGETS]
    allowed = SpecifierSet(tomllib.loads((wheels.ROOT / "pyproject.toml").read_text())["project"]["requires-python"])
    assert [f"3.{minor}" for minor in range(9, 20) if f"3.{minor}.1" in allowed] == list(PYTHONS)
