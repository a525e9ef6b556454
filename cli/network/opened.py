"""What these commands work on: a snapshot without a model, and the kinds of links that a user names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import installation

if TYPE_CHECKING:
    from service.context import ServingContext

Snapshot = Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")]
Kinds = Annotated[str | None, typer.Option(help="Only links of these kinds, separated by commas.")]


def explored(snapshot: Path | None) -> ServingContext:
    """The named or the newest snapshot, without a model."""
    from service.context import ServingContext

    settings = installation.settings()
    return ServingContext(installation.workspace().snapshot(snapshot), None, purposes=settings.purposes)


def kinds_of(text: str | None) -> list[str] | None:
    """Names of kinds separated by commas; None where none are named."""
    return None if text is None else [kind.strip() for kind in text.split(",") if kind.strip()]
