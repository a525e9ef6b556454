"""The installation that a command works on: its settings, and where it keeps what it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.purposes import purpose_named
from service.workspace import Workspace

if TYPE_CHECKING:
    from graph.purposes import Purpose
    from service.settings import Settings


def settings() -> Settings:
    """The settings of the environment. Raises UsageError for a wrong one."""
    from service.settings import read_settings  # not before it is needed: `kith --help` is quick

    return read_settings()


def purpose(name: str) -> Purpose:
    """The purpose of that name. Raises UnknownPurpose."""
    return purpose_named(name, settings().purposes)


def workspace() -> Workspace:
    """The folder of the installation."""
    return Workspace(settings().home)
