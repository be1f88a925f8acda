"""Locks that are kept, so that nothing is resolved twice: on this machine, and in the workspace for all others.

    locks/<asked>.json                                  on this machine
    locks/<asked> in the workspace      a record that names a blob

`asked` is the digest of what was asked for. Neither holds credentials: those are laid over from the environment.
"""

import json
import re
from contextlib import suppress
from pathlib import Path

from shipway.domain.canonical import Plain, digest_of
from shipway.domain.environment import Environment
from shipway.errors import RecordExists, RecordMissing
from shipway.image.packages.lock import Lock, PythonThere
from shipway.image.packages.refusals import without_credentials
from shipway.image.packages.resolve import resolve
from shipway.machine.state import MachineState, write_whole
from shipway.store.workspace import Workspace

_URL = re.compile(r"(?:https?|ssh)://[^\s'\"]+")
_FORMAT = 1


def kept_lock(
    environment: Environment, there: PythonThere, serving: str, workspace: Workspace, state: MachineState
) -> Lock:
    """The lock of what was asked for, resolved only when neither this machine nor the workspace has it.

    Safe to repeat, and with several at once. Raises what `resolve` raises, and StoreError.
    """
    asked = digest_of(asked_for(environment, there, serving))
    here = state.locks / f"{asked}.json"
    if (document := _on_machine(here)) is not None:
        return _lock_of(document, environment)
    document = _in_workspace(workspace, asked)
    if document is None:
        document = _document(resolve(environment, there, serving, state))
        document = _keep(workspace, asked, document, _lock_of(document, environment).digest)
    write_whole(here, json.dumps(document))
    return _lock_of(document, environment)


def asked_for(environment: Environment, there: PythonThere, serving: str) -> dict[str, Plain]:
    """All that decides a lock, without credentials."""
    return {
        "format": _FORMAT,
        "requirements": [without_credentials(line) for line in environment.requirements],
        "as_of": environment.as_of,
        "user_managed": environment.user_managed,
        "serving": serving,
        "python": there.version,
        "platform": there.platform or this_platform(),
    }


def this_platform() -> str:
    """Of this machine, as far as it decides which wheels fit."""
    import platform  # noqa: PLC0415 - asks the C library's file, which takes a while

    return "-".join(["here", platform.system(), platform.machine(), *platform.libc_ver()])


def with_credentials(text: str, requirements: tuple[str, ...]) -> str:
    """The lock as uv is given it: each URL that the author wrote with credentials has them again."""
    for url in [url for line in requirements for url in _URL.findall(line)]:
        shown = re.escape(without_credentials(url))
        whole = url.replace("\\", "\\\\")
        text = re.sub(rf"{shown}(?=[\s/'\"]|$)", whole, text)
    return text


def _on_machine(here: Path) -> dict[str, Plain] | None:
    """One that is damaged is as good as none: the workspace has it."""
    with suppress(FileNotFoundError, ValueError):
        document: dict[str, Plain] = json.loads(here.read_bytes())
        return document
    return None


def _in_workspace(workspace: Workspace, asked: str) -> dict[str, Plain] | None:
    with suppress(RecordMissing):
        record = workspace.records.read(_key(asked))
        assert isinstance(record, dict)
        found: dict[str, Plain] = json.loads(workspace.blobs.read_bytes(str(record["blob"])))
        return found
    return None


def _keep(workspace: Workspace, asked: str, document: dict[str, Plain], digest: str) -> dict[str, Plain]:
    """Of several who resolved at once, one wins, and all take its lock. `digest` is what images are labelled with."""
    blob = workspace.blobs.put_bytes(json.dumps(document, sort_keys=True).encode())
    with suppress(RecordExists):
        workspace.records.create(_key(asked), {"blob": blob, "lock": digest})
        return document
    return _in_workspace(workspace, asked) or document


def _key(asked: str) -> str:
    return f"locks/{asked}"


def _document(lock: Lock) -> dict[str, Plain]:
    return {"text": lock.text, "apart": lock.apart, "on_top": lock.on_top, "told": list(lock.told)}


def _lock_of(document: dict[str, Plain], environment: Environment) -> Lock:
    text, apart, told = str(document["text"]), str(document["apart"]), document["told"]
    assert isinstance(told, list)
    return Lock(
        text=text,
        private=with_credentials(text, environment.requirements),
        apart=apart,
        apart_private=with_credentials(apart, environment.requirements),
        on_top=bool(document["on_top"]),
        told=tuple(map(str, told)),
    )
