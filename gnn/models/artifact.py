"""A trained model on disk: a folder of plain data, in which nothing can execute code.

    manifest.json   canonical JSON: format, feature list and its digest, schema, calibration, metrics, seed, the
                    snapshot it was trained on, SHA-256 and size of every other file
    id              SHA-256 of manifest.json, so that a changed manifest is refused too
    trees.onnx      boosted trees; self.onnx, those that read the own record alone
    network.onnx    the network; onnxruntime runs all of them
    positions.onnx  trees that also read positions, and landmarks_CATEGORY.bin, by which those are computed; only where
                    a network is large enough
    proxy.onnx      trees of a mitigation, where one was asked for
    trust_*.onnx    trees of the pair model, where there were signed ratings to train on

No clock, address or path is inside: the same training writes the same bytes. Reading does not import torch.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gnn.models.model import Model
from graph.errors import ModelError
from graph.snapshots.files import FileWriter, sync_folder

FORMAT: Final = "kith-model"
VERSION: Final = 9
MANIFEST: Final = "manifest.json"
ID: Final = "id"
_AGAIN: Final = "train it again with `kith train`"


def save(model: Model, folder: Path) -> str:
    """Write the model to `folder`, all of it or nothing, and return its id.

    A folder that holds exactly this model is left as it is. Raises ModelError when something else is there.
    """
    out = Path(folder).resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.parent / f".{out.name}.{secrets.token_hex(6)}.partial"
    beside.mkdir()
    try:
        writer = FileWriter(beside)
        described, files = model.to_parts()
        for name, content in sorted(files.items()):
            writer.bytes(name, content)
        writer.manifest({"format": FORMAT, "version": VERSION, "model": described})
        writer.sync()
        id = (beside / ID).read_text().strip()
        try:
            beside.rename(out)
        except OSError as error:
            if not out.exists():
                raise ModelError(f"{out}: cannot be written ({error.strerror})") from error
            if _id(out) != id:
                raise ModelError(f"{out} already holds something else: remove it or name another folder") from error
            _refuse_damaged(out)
        sync_folder(out.parent)
        return id
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _refuse_damaged(out: Path) -> None:
    try:
        load(out)
    except ModelError as error:
        raise ModelError(f"{out} is in the way: {error}. Remove it or name another folder") from error


def load(folder: Path) -> Model:
    """Read and check a whole artifact. Raises ModelError naming the file that is missing, damaged or foreign."""
    folder = Path(folder)
    manifest = _manifest(folder)
    listed = manifest.get("files")
    if not isinstance(listed, dict):
        raise ModelError(f"{folder / MANIFEST}: lists no files; {_AGAIN}")
    present = {path.name for path in folder.iterdir()} - {MANIFEST, ID}
    for name in sorted(present - listed.keys()):
        raise ModelError(f"{folder / name}: does not belong to the model; move it away")
    files = {name: _content(folder, name, entry) for name, entry in sorted(listed.items())}
    try:
        return Model.from_parts(manifest["model"], files)
    except ModelError as error:
        raise ModelError(f"{folder}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{folder / MANIFEST}: not a model of this Kith ({error}); {_AGAIN}") from error


def described(folder: Path) -> dict[str, Any]:
    """What the manifest of the artifact says of the model, its other files unread. Raises ModelError like `load`."""
    found: dict[str, Any] = _manifest(Path(folder))["model"]
    return found


def model_id(folder: Path) -> str:
    """The id of the artifact in a folder: SHA-256 of its manifest, hex. Raises ModelError like `load`."""
    _manifest(Path(folder))
    return str(_id(Path(folder)))


def _id(folder: Path) -> str | None:
    try:
        return (folder / ID).read_text("ascii").strip()
    except (OSError, ValueError):
        return None


def _manifest(folder: Path) -> dict[str, Any]:
    raw = _read(folder / MANIFEST)
    if _read(folder / ID) != f"{hashlib.sha256(raw).hexdigest()}\n".encode():
        raise ModelError(f"{folder / MANIFEST}: it does not match the file `{ID}` beside it; {_AGAIN}")
    try:
        manifest = json.loads(raw)
    except ValueError as error:
        raise ModelError(f"{folder / MANIFEST}: not JSON; {_AGAIN}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelError(f"{folder / MANIFEST}: not the manifest of a Kith model")
    if manifest.get("version") != VERSION:
        raise ModelError(
            f"{folder / MANIFEST}: format version {manifest.get('version')!r}, this Kith reads {VERSION}; {_AGAIN}"
        )
    return manifest


def _content(folder: Path, name: str, entry: Mapping[str, Any]) -> bytes:
    if Path(name).name != name:
        raise ModelError(f"{folder / MANIFEST}: lists the impossible file {name!r}; {_AGAIN}")
    content = _read(folder / name)
    if len(content) != entry["size"]:
        raise ModelError(f"{folder / name}: {len(content)} bytes instead of {entry['size']}; {_AGAIN}")
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise ModelError(f"{folder / name}: its bytes differ from the manifest; {_AGAIN}")
    return content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); is {path.parent} a model?") from error
