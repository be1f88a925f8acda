"""Packages from an index whose certificate a private authority signed, as behind a company's proxy."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shipway.domain.environment import Environment
from shipway.errors import BuildError
from shipway.image.packages.install import install
from shipway.image.packages.lock import Lock, PythonThere
from shipway.image.packages.resolve import resolve
from shipway.machine.state import MachineState
from tests.unit.image.packages.test_resolve import OWN, PLATFORM
from tests.unit.image.wheels import write_wheel

THERE = PythonThere(version=OWN.version, platform=PLATFORM)
_AT = datetime.now(UTC)


class _Index(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        """Not into the test's output."""


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """Its certificate; beside it what the server needs."""
    key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
    own = _certificate(name, key.public_key(), name, key, x509.BasicConstraints(ca=True, path_length=None))
    host = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    server = _certificate(x509.Name([]), server_key.public_key(), name, key, host)
    pem = serialization.Encoding.PEM
    (tmp_path / "server.pem").write_bytes(
        server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + server.public_bytes(pem)
    )
    (tmp_path / "authority.pem").write_bytes(own.public_bytes(pem))
    return tmp_path / "authority.pem"


def _certificate(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(_AT - timedelta(days=1)).not_valid_after(_AT + timedelta(days=1))
    return builder.add_extension(extension, critical=True).sign(key, hashes.SHA256())


@contextmanager
def _served(folder: Path, certificate: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Index, directory=folder))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def index(tmp_path: Path, authority: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))  # else another test may have fetched it already
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    for name in ("httptools", "alpha"):
        write_wheel(tmp_path / "wheels", name, "1.0")
        page = tmp_path / "index" / name
        page.mkdir(parents=True)
        wheel = f"{name}-1.0-py3-none-any.whl"
        (tmp_path / "wheels" / wheel).rename(page / wheel)
        (page / "index.html").write_text(f'<!DOCTYPE html><a href="{wheel}">{wheel}</a>')
    with _served(tmp_path / "index", tmp_path / "server.pem") as url:
        yield url


@pytest.fixture
def state(tmp_path: Path) -> MachineState:
    (tmp_path / "state").mkdir()
    return MachineState(tmp_path / "state")


def _lock(index: str, state: MachineState) -> Lock:
    environment = Environment(name="mine", requirements=(f"--index-url {index}", "alpha"))
    return resolve(environment, THERE, "httptools>=0.1\n", state)


def test_an_authority_that_is_named_is_trusted(
    index: str, authority: Path, state: MachineState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    packages = _lock(index, state)
    assert "alpha==1.0" in packages.text
    install(packages, THERE, tmp_path / "into", state)
    assert list((tmp_path / "into").rglob("alpha.py"))


def test_one_that_nobody_named_is_said_with_how_to_name_it(index: str, state: MachineState) -> None:
    with pytest.raises(BuildError) as error:
        _lock(index, state)
    text = str(error.value)
    assert text.startswith(f"environment 'mine' cannot be resolved for Python {OWN.version} on {PLATFORM}: ")
    assert text.endswith(
        "invalid peer certificate: UnknownIssuer; name a file with the authority's certificate in SSL_CERT_FILE "
        "(Debian has those that a machine trusts in /etc/ssl/certs/ca-certificates.crt)"
    )
    assert "\n" not in text
