"""The file `tenant.toml` in a workspace, which makes it that of one institution among several on a server:

title = "North Bank"             # what it is called where it may be named to others
legal_profile = "eu_gdpr_ccd2"   # all that follows may be left out: the setting of the same name is meant
purposes = "purposes.toml"       # a file, named from the workspace
odds0 = 0.05
store = "neo4j://..."            # where it is not kith.db in the workspace
records = "postgresql+pg8000://..."
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from graph.errors import UsageError
from service.faults import first_fault

FILE: Final = "tenant.toml"
NAME: Final = r"^[a-z][a-z0-9-]{0,31}$"


class TenantFile(BaseModel):
    """What the file says."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: Annotated[str, Field(min_length=1, max_length=200)]
    legal_profile: Literal["strict", "us_fcra", "uk_gdpr", "eu_gdpr_ccd2", "cn_zhengxin"] | None = None
    purposes: str | None = None
    odds0: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    store: str | None = None
    records: str | None = None
    _home: Path = PrivateAttr()

    def settings(self) -> dict[str, Any]:
        """What it says of the settings, by their names there."""
        said = {
            "legal_profile": self.legal_profile,
            "purposes_file": None if self.purposes is None else self._home / self.purposes,
            "odds0": self.odds0,
            "store_url": self.store,
            "records_url": self.records,
        }
        return {name: value for name, value in said.items() if value is not None}


def tenant_file(title: str, legal_profile: str | None) -> TenantFile:
    """The file of a new institution. Raises UsageError for a wrong value."""
    try:
        return TenantFile.model_validate({"title": title, "legal_profile": legal_profile})
    except ValidationError as error:
        raise UsageError(first_fault(error)) from None


def read_tenant_file(home: Path) -> TenantFile | None:
    """The file of a workspace, None where it has none. Raises UsageError of one line that says what is wrong."""
    path = home / FILE
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        found = TenantFile.model_validate(content)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise UsageError(f"{path}, {first_fault(error)}") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error
    if re.fullmatch(NAME, home.resolve().name) is None:
        raise UsageError(f"{home}: the folder of an institution has small letters, digits and -, at most 32; rename it")
    found._home = home
    return found


def make_tenant(folder: Path, name: str, said: TenantFile) -> Path:
    """The new workspace of an institution in a folder, for its user alone. Raises UsageError where there is one."""
    if re.fullmatch(NAME, name) is None:
        raise UsageError(f"{name!r}: use small letters, digits and -, at most 32, beginning with a letter")
    home = folder / name
    if home.exists():
        raise UsageError(f"{home} is there already; choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    home.mkdir(mode=0o700)
    lines = [f"{name} = {_toml(value)}" for name, value in said.model_dump(exclude_none=True).items()]
    (home / FILE).write_text("\n".join(lines) + "\n", "utf-8")
    return home


def _toml(value: str | float) -> str:
    """A value as TOML writes it; a text as a basic string with everything unusual escaped."""
    if not isinstance(value, str):
        return repr(value)
    plain = (character if character.isprintable() and character not in '"\\' else None for character in value)
    return '"' + "".join(c or f"\\U{ord(o):08x}" for c, o in zip(plain, value, strict=True)) + '"'
