import gzip
import io
import tarfile
from pathlib import Path

from shipway.image.container.base_layers import unpack_image
from shipway.image.container.pieces import Pieces


def archive() -> bytes:
    """As engines write it: a layer as it is, one packed, and one that is a link to the first."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in {
            "a/layer.tar": b"plain",
            "blobs/b": gzip.compress(b"packed"),
            "manifest.json": b"[]",
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("c/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, "../a/layer.tar"
        tar.addfile(link)
        outside = tarfile.TarInfo("d/layer.tar")
        outside.type, outside.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(outside)
    return data.getvalue()


def test_layers_come_out_plain_and_by_their_names(tmp_path: Path) -> None:
    data = archive()
    files = unpack_image(Pieces(data[at : at + 700] for at in range(0, len(data), 700)), tmp_path)
    assert {name: path.read_bytes() for name, path in files.items()} == {
        "a/layer.tar": b"plain",
        "blobs/b": b"packed",
        "manifest.json": b"[]",
        "c/layer.tar": b"plain",
    }
    assert all(path.parent == tmp_path for path in files.values())


def test_pieces_are_read_as_a_file_whatever_their_sizes() -> None:
    pieces = Pieces([b"", b"abc", b"", b"defgh", b"i"])
    assert io.BufferedReader(pieces, 4).read() == b"abcdefghi"
    rest = iter([b"a", b"b"])
    Pieces(rest).drain()
    assert list(rest) == []
