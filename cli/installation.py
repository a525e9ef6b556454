"""The installation that a command works on: its settings, and where it keeps what it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.errors import UsageError
from graph.purposes import purpose_named
from service.workspace import Workspace

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from graph.purposes import Purpose
    from service.settings import Settings


def settings() -> Settings:
    """The settings of the environment. Raises UsageError for a wrong one, and for none of several tenants."""
    from service.settings import tenant_names

    found = server_settings()
    if found.tenants is not None:
        names = ", ".join(tenant_names(found)) or "none yet, `kith tenants create` makes one"
        raise UsageError(f"whose workspace? Set KITH_TENANT to one of the institutions in {found.tenants}: {names}")
    return found


def server_settings() -> Settings:
    """The same for what is done for a whole server, which may have several institutions. Raises UsageError."""
    from service.settings import read_settings  # not before it is needed: `kith --help` is quick

    return read_settings()


def purpose(name: str) -> Purpose:
    """The purpose of that name. Raises UnknownPurpose."""
    return purpose_named(name, settings().purposes)


def workspace() -> Workspace:
    """The folder of the installation."""
    return Workspace(settings().home)


def kept_records() -> Engine | None:
    """The records of the installation, None where it keeps none yet; looking makes none."""
    found = settings()
    if found.records_url is None and not (found.home / "records.db").exists():
        return None
    return records()


def records() -> Engine:
    """The records of the installation, whose folder is made if it is missing."""
    from service.records.database import open_records

    workspace().made()
    return open_records(settings().records)
