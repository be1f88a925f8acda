"""Models to a folder of the user's."""

import tempfile
from pathlib import Path

from shipway.domain.model import Tree
from shipway.errors import MachineError, RegistryError
from shipway.store.blobs import Blobs
from shipway.store.trees import safe_path


def download_tree(blobs: Blobs, tree: Tree, target_dir: Path, *, model: str, exist_ok: bool) -> Path:
    """Where nothing stands yet, the payload appears whole or not at all; otherwise file by file."""
    payload = target_dir / safe_path(tree.name)
    if payload.exists() or payload.is_symlink():
        if not exist_ok:
            raise RegistryError(
                f"model {model} was not downloaded: {payload} exists; "
                "give another folder, or allow it to be overwritten"
            )
        return blobs.fetch_tree(tree, target_dir)
    try:
        target_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".shipway-", dir=target_dir) as staging:
            blobs.fetch_tree(tree, Path(staging)).rename(payload)
    except OSError as error:
        raise MachineError(f"model {model} could not be written to {target_dir}: {error.strerror}") from error
    return payload
