"""The settings of an installation: what a deployment sets by environment variables, each described once.

This is the one place that reads the environment. `python -m service.settings` writes docs/settings.md; a test checks
that the document holds exactly this.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph.errors import UsageError
from graph.purposes import PURPOSES, Purpose

PREFIX: Final = "KITH_"
NO_MODEL: Final = "none"  # of KITH_MODEL: serve without one, whatever has been trained since


def _setting(default: Any, value: str, description: str, **checked: Any) -> Any:
    """A field that says which values it takes, for the document and for the error of a wrong one."""
    return Field(default, description=description, json_schema_extra={"value": value}, **checked)


class Settings(BaseSettings):
    """The settings, as environment variables with the prefix KITH_; one that is empty counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, validate_by_name=True, frozen=True, extra="ignore"
    )

    home: Path = _setting(
        Path(".kith"),
        "a folder",
        "Where Kith keeps what it makes: store, snapshots, models, keys. It holds personal data: Kith makes it "
        "readable for its user alone, and leaves a folder that is already there as it is.",
    )
    records_url: str | None = _setting(
        None,
        "a database URL, sqlite:///path or postgresql+DRIVER://...",
        "The database of the service's own records, such as keys; by default `records.db` in the folder of KITH_HOME.",
        repr=False,
    )
    odds0: float | None = _setting(
        None,
        "odds above 0, such as 0.0526 (1 to 19)",
        "The odds of a bad outcome at which the score is 650; by default 1 to 19 ([scores](scores.md)). It belongs to "
        "the installation and not to a model, so that the scale stays when the model changes.",
        gt=0,
        allow_inf_nan=False,
    )
    snapshot: Path | None = _setting(
        None, "a snapshot's folder", "The snapshot that `kith serve` serves; by default the newest."
    )
    model: Literal["none"] | Path | None = _setting(
        None,
        "a model's folder, or `none`",
        "The model that `kith serve` serves; by default the newest. `none`: the network can be explored and nothing is "
        "scored.",
    )
    host: str = _setting("127.0.0.1", "an address of this machine", "The address that `kith serve` listens on.")
    port: int = _setting(
        8100,
        "a whole number from 0 to 65535",
        "The port that `kith serve` listens on; 0 for any free one.",
        ge=0,
        le=65535,
    )
    workers: int = _setting(2, "a whole number of 1 or more", "How many processes answer.", ge=1)
    threads: int = _setting(
        64, "a whole number of 1 or more", "How many requests each process holds at once; further ones wait.", ge=1
    )
    header_timeout: float = _setting(
        10.0,
        "seconds from 0.1 to 60",
        "Seconds within which the head of a request must have arrived; a connection that is slower is closed.",
        ge=0.1,
        le=60,
    )
    max_body: int = _setting(
        1 << 20,
        "bytes, a whole number of 1 or more",
        "The largest body of a request; a larger one is refused (413).",
        ge=1,
    )
    session_idle: float = _setting(
        1800.0,
        "seconds from 60 to 86400",
        "After how long without a request a session of the workbench ends.",
        ge=60,
        le=86_400,
    )
    before: Path | None = _setting(
        None,
        "a snapshot's folder",
        "The earlier snapshot that alerts compare the served one with; by default the one before it in the folder of "
        "KITH_HOME.",
    )
    metrics_dir: Path | None = _setting(
        None,
        "a folder",
        "Where the processes of one server keep their counters, which /metrics sums; without it /metrics counts for "
        "the process that answers. `kith serve` sets it to a new temporary folder.",
        validation_alias="PROMETHEUS_MULTIPROC_DIR",
    )

    @property
    def records(self) -> str:
        """The URL of the records' database."""
        return self.records_url or f"sqlite:///{self.home / 'records.db'}"

    @property
    def purposes(self) -> Mapping[str, Purpose]:
        """The purposes that may be asked for in this installation, by name."""
        return PURPOSES

    def environment(self) -> dict[str, str]:
        """These settings as environment variables, for a process that shall have the same."""
        values = {variable(name, field): getattr(self, name) for name, field in type(self).model_fields.items()}
        return {name: str(value) for name, value in values.items() if value is not None}


def read_settings() -> Settings:
    """The settings of the environment as it is now. Raises UsageError that names each wrong variable and its value."""
    try:
        return Settings()
    except ValidationError as error:
        raise UsageError("; ".join(sorted({_wrong(fault) for fault in error.errors()}))) from None


def variable(name: str, field: FieldInfo) -> str:
    """The environment variable of a setting."""
    return str(field.validation_alias or f"{PREFIX}{name.upper()}")


def markdown() -> str:
    """The text of docs/settings.md."""
    head = "| variable | value | default | meaning |\n|---|---|---|---|\n"
    rows = [
        f"| `{variable(name, field)}` | {_value(field)} | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return _PAGE.replace("TABLE", head + "\n".join(rows))


def _wrong(error: Any) -> str:
    """Which variable is wrong, its value, and what it must be."""
    at = str(error["loc"][0])
    name, field = next(
        (name, field) for name, field in Settings.model_fields.items() if at in {name, field.validation_alias}
    )
    return f"{variable(name, field)} is {str(error['input'])!r}; it must be {_value(field)}"


def _value(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    return str(extra["value"])


def _default(field: FieldInfo) -> str:
    return "" if field.default is None else f"`{field.default}`"


_PAGE: Final = """# Settings

<!-- Written by `python -m service.settings > docs/settings.md`. -->

Kith is set up by environment variables. None is needed. A wrong value stops a command before it does anything, with one
line that names the variable, its value and what it must be. An option of a command takes precedence over a setting.

TABLE
"""

if __name__ == "__main__":
    print(markdown(), end="")
