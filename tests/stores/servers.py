"""moto's S3 and Azurite's Blob as processes of their own on 127.0.0.1, each with one bucket."""

import base64
import contextlib
import hashlib
import hmac
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import boto3
import httpx
from botocore.exceptions import ClientError

from shipway.machine.ports import free_port

BUCKET = "shipway-tests"
_STARTS_WITHIN_S = 60
_AZURE_VERSION = "2021-08-06"


@dataclass(frozen=True, kw_only=True)
class StoreServer:
    """`environment` is what a client needs to reach it; `bucket_url` has no slash at its end."""

    scheme: str
    endpoint: str
    environment: Mapping[str, str]

    @property
    def bucket_url(self) -> str:
        return f"{self.scheme}://{BUCKET}"

    def behind(self, endpoint: str) -> "StoreServer":
        """The same store, reached through a proxy at `endpoint`, which has no path."""
        name = "AWS_ENDPOINT_URL" if self.scheme == "s3" else "AZURE_STORAGE_ENDPOINT"
        path = self.endpoint.partition("//")[2].partition("/")[2]
        return replace(self, environment={**self.environment, name: f"{endpoint}/{path}".rstrip("/")})


@contextlib.contextmanager
def moto(*, checks_keys: bool = False) -> Iterator[StoreServer]:
    """With `checks_keys` it accepts no key at all, once its bucket is made."""
    endpoint = f"http://127.0.0.1:{free_port()}"
    command = [
        sys.executable,
        str(Path(__file__).with_name("moto_server.py")),
        "-H",
        "127.0.0.1",
        "-p",
        endpoint.rpartition(":")[2],
    ]
    environment = {"INITIAL_NO_AUTH_ACTION_COUNT": "4"} if checks_keys else {}
    with _running(command, environment, endpoint):
        server = StoreServer(
            scheme="s3",
            endpoint=endpoint,
            environment={
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ACCESS_KEY_ID": "tests",
                "AWS_SECRET_ACCESS_KEY": "tests",
                "AWS_REGION": "us-east-1",
            },
        )
        s3_client(server).create_bucket(Bucket=BUCKET)
        while checks_keys and _is_let_in(server):
            pass
        yield server


def _is_let_in(server: StoreServer) -> bool:
    try:
        s3_client(server).list_buckets()
    except ClientError:
        return False
    return True


def s3_client(server: StoreServer):  # type: ignore[no-untyped-def]  # boto3 has no types
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name=server.environment["AWS_REGION"],
        aws_access_key_id=server.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=server.environment["AWS_SECRET_ACCESS_KEY"],
    )


def azurite_program() -> Path | None:
    """Where tests/stores/azurite.sh puts it; None when it, or node, is not there."""
    folder = Path(os.environ.get("SHIPWAY_AZURITE") or Path.home() / ".cache" / "shipway-tests" / "azurite")
    program = folder / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    return program if program.exists() and shutil.which("node") else None


@contextlib.contextmanager
def azurite(program: Path, folder: Path) -> Iterator[StoreServer]:
    """Keeps its blobs in `folder`."""
    port, account, key = free_port(), "shipway", base64.b64encode(os.urandom(64)).decode()
    command = ["node", str(program), "--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    command += ["--location", str(folder), "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    endpoint = f"http://127.0.0.1:{port}/{account}"
    with _running(command, {"AZURITE_ACCOUNTS": f"{account}:{key}"}, endpoint):
        server = StoreServer(
            scheme="az",
            endpoint=endpoint,
            environment={
                "AZURE_STORAGE_ENDPOINT": endpoint,
                "AZURE_STORAGE_ACCOUNT_NAME": account,
                "AZURE_STORAGE_ACCOUNT_KEY": key,
            },
        )
        _create_container(server)
        yield server


def _create_container(server: StoreServer) -> None:
    account, key = (server.environment[f"AZURE_STORAGE_ACCOUNT_{part}"] for part in ("NAME", "KEY"))
    date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = f"x-ms-date:{date}\nx-ms-version:{_AZURE_VERSION}"
    text = "PUT" + "\n" * 12 + f"{headers}\n/{account}/{account}/{BUCKET}\nrestype:container"
    signature = base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), hashlib.sha256)).decode()
    httpx.put(
        f"{server.endpoint}/{BUCKET}?restype=container",
        headers={
            "x-ms-date": date,
            "x-ms-version": _AZURE_VERSION,
            "Authorization": f"SharedKey {account}:{signature}",
        },
    ).raise_for_status()


@contextlib.contextmanager
def _running(command: list[str], environment: Mapping[str, str], endpoint: str) -> Iterator[None]:
    """Until it answers anything at all; ended, and its own processes with it."""
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        give_up_at = time.monotonic() + _STARTS_WITHIN_S
        while not _answers(endpoint):
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"{' '.join(command)} does not answer at {endpoint}")
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def _answers(endpoint: str) -> bool:
    try:
        httpx.get(endpoint, timeout=5)
    except httpx.TransportError:
        return False
    return True
