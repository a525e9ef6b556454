"""The settings of an installation: what a deployment sets by environment variables, each described once.

This is the one place that reads the environment. `python -m service.settings` writes docs/settings.md; a test checks
that the document holds exactly this.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph.errors import UsageError
from graph.purposes import PURPOSES, Purpose
from service.purposes.file import read_purposes
from service.tenant_file import FILE, NAME, TenantFile, read_tenant_file

PREFIX: Final = "KITH_"
# What belongs to one institution alone, so that no variable may set it for all of a server.
OF_A_TENANT: Final = ("home", "records_url", "store_url", "snapshot", "model", "before", "purposes_file")
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
    purposes_file: Path | None = _setting(
        None,
        "a TOML file",
        "Purposes that this installation declares beside the built-in ones ([purposes](purposes.md)).",
        validation_alias="KITH_PURPOSES",
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
        64,
        "a whole number of 1 or more",
        "How many requests each process works on at once; further ones wait up to 10 seconds.",
        ge=1,
    )
    heavy: int = _setting(
        2,
        "a whole number of 1 or more",
        "How many heavy questions (explanations, reasons, rings, simulations, reports, batches) each process works on "
        "at once; it bounds the memory that they take. Further ones wait up to 10 seconds, then they get 503 with "
        "`Retry-After`.",
        ge=1,
    )
    answer_timeout: float = _setting(
        30.0,
        "seconds from 0.1 to 600",
        "Seconds that a heavy question may be worked on; one that takes longer is given up, with 503.",
        ge=0.1,
        le=600,
    )
    body_timeout: float = _setting(
        10.0,
        "seconds from 0.1 to 600",
        "Seconds within which the body of a request must have arrived; a slower one gets 408.",
        ge=0.1,
        le=600,
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
    pairs_a_day: int = _setting(
        250,
        "a whole number of 0 or more",
        "About how many different pairs of parties a key of the role service may ask a day (UTC).",
        ge=0,
    )
    webhook_private: bool = _setting(
        False,
        "true or false",
        "Whether webhooks may be sent over http, and to addresses of this machine and of private networks.",
    )
    before: Path | None = _setting(
        None,
        "a snapshot's folder",
        "The earlier snapshot that alerts compare the served one with; by default the one before it in the folder of "
        "KITH_HOME.",
    )
    store_url: str | None = _setting(
        None,
        "a store's URL, sqlite:///path or neo4j://user:password@host:7687/database",
        "The store that events are recorded in, and that the snapshots come from; by default `kith.db` in the folder "
        "of KITH_HOME.",
        repr=False,
    )
    follow: bool = _setting(
        False,
        "true or false",
        "Whether newer snapshots of KITH_HOME are swapped in, and made where the journal asks for one. `kith serve` "
        "sets it, unless a snapshot is named.",
    )
    follow_models: bool = _setting(
        False,
        "true or false",
        "Whether promoted models are taken over, and models run in shadow, while serving. `kith serve` sets it, unless "
        "a model is named.",
    )
    legal_profile: Literal["strict", "us_fcra", "uk_gdpr", "eu_gdpr_ccd2", "cn_zhengxin"] = _setting(
        "strict",
        "strict, us_fcra, uk_gdpr, eu_gdpr_ccd2 or cn_zhengxin",
        "By which law disputes and notices are handled ([rights](rights.md)).",
    )
    free_reports: int | None = _setting(
        None,
        "a whole number of 0 or more",
        "How many own reports a party gets without a fee within a year, where that is more than the legal profile says "
        "([rights](rights.md)).",
        ge=0,
    )
    tenants: Path | None = _setting(
        None,
        "a folder",
        "The workspaces of several institutions on one server, one folder each ([institutions](institutions.md)); "
        "commands work on that of KITH_TENANT, and `kith serve` answers for all of them. It takes the place of "
        "KITH_HOME.",
    )
    tenant: str | None = _setting(
        None,
        "small letters, digits and -, at most 32, beginning with a letter",
        "The institution on whose workspace a command works, where KITH_TENANTS names a folder of several.",
        pattern=NAME,
    )
    served_tenants: Path | None = _setting(
        None,
        "a JSON file",
        "The settings of each institution that is served. `kith serve` sets it to a new temporary file.",
        repr=False,
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
    def store(self) -> str:
        """The URL of the store."""
        return self.store_url or f"sqlite:///{self.home / 'kith.db'}"

    @property
    def purposes(self) -> Mapping[str, Purpose]:
        """The purposes that may be asked for in this installation, by name. Raises UsageError for a wrong file."""
        return PURPOSES if self.purposes_file is None else read_purposes(self.purposes_file)

    def environment_of_a_process(self) -> dict[str, str]:
        """The whole environment of a process that shall have these settings and no others."""
        names = {variable(name, field) for name, field in type(self).model_fields.items()}
        return {name: value for name, value in os.environ.items() if name not in names} | self.environment()

    def environment(self) -> dict[str, str]:
        """These settings as environment variables, for a process that shall have the same."""
        values = {variable(name, field): getattr(self, name) for name, field in type(self).model_fields.items()}
        return {name: str(value) for name, value in values.items() if value is not None}


def read_settings() -> Settings:
    """The settings of the environment as it is now, and of the institution that it names.

    Raises UsageError that names each wrong variable and its value, or what is wrong with the institution's file.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise UsageError("; ".join(sorted({_wrong(fault) for fault in error.errors()}))) from None
    if settings.tenants is not None:
        return settings if settings.tenant is None else tenant_settings(settings, settings.tenant)
    found = read_tenant_file(settings.home)
    if found is None:
        if settings.tenant is not None:
            raise UsageError(f"KITH_TENANT is {settings.tenant!r} and there is no KITH_TENANTS; set it to their folder")
        return settings
    return _completed(settings, settings.home.resolve().name, found)


def write_served(path: Path, served: Mapping[str, Settings]) -> None:
    """Write the settings of the institutions that are served, for the processes that answer and nobody else."""
    several = {"served_tenants": path}
    text = json.dumps({name: one.model_copy(update=several).model_dump(mode="json") for name, one in served.items()})
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")


def read_served(settings: Settings) -> dict[str, Settings]:
    """The settings of the institutions that this process serves, by their names."""
    assert settings.served_tenants is not None
    written = json.loads(settings.served_tenants.read_text("utf-8"))
    return {name: Settings.model_validate(said) for name, said in written.items()}


def tenant_names(settings: Settings) -> list[str]:
    """The institutions in the folder of KITH_TENANTS, sorted."""
    folder = settings.tenants
    if folder is None or not folder.is_dir():
        return []
    return sorted(file.parent.name for file in folder.glob(f"*/{FILE}"))


def tenant_settings(settings: Settings, name: str) -> Settings:
    """The settings of one institution of a server: its own workspace, and what its file says.

    Raises UsageError for one that is not there, and where a variable of the environment would let all share something.
    """
    assert settings.tenants is not None
    shared = [
        variable(field, Settings.model_fields[field]) for field in OF_A_TENANT if field in settings.model_fields_set
    ]
    if shared:
        raise UsageError(f"{', '.join(shared)}: would be shared by every institution of KITH_TENANTS; unset it")
    home = settings.tenants / name
    found = read_tenant_file(home)
    if found is None:
        names = ", ".join(tenant_names(settings)) or "none"
        raise UsageError(f"there is no institution {name!r} in {settings.tenants}, only {names}; `kith tenants create`")
    return _completed(settings.model_copy(update={"tenants": None, "home": home}), name, found)


def _completed(settings: Settings, name: str, found: TenantFile) -> Settings:
    """The settings with what an institution's file says; a variable of the environment takes precedence."""
    said = {field: value for field, value in found.settings().items() if field not in settings.model_fields_set}
    return settings.model_copy(update={**said, "tenant": name})


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
