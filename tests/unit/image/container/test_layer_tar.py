import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.errors import BuildError
from shipway.image.container.layer_tar import (
    MTIME,
    Entry,
    end_of_archive,
    file_from,
    file_of,
    folder,
    in_archive,
    link_to,
    tar_pieces,
    tar_size,
    with_folders,
    with_parents,
)

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=120).filter(
    lambda name: name not in {".", ".."}
)


def read(data: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: member for member in tar}


@given(st.dictionaries(NAMES, st.binary(max_size=1500), max_size=5))
def test_any_files_come_out_as_they_went_in_and_the_size_is_known_before(files: dict[str, bytes]) -> None:
    entries = [file_of(f"below/{name}", data) for name, data in files.items()]
    written = b"".join(tar_pieces(entries))
    assert tar_size(entries) == len(written)
    with tarfile.open(fileobj=io.BytesIO(written)) as tar:
        found = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    assert found == {f"below/{name}": data for name, data in files.items()}


def test_owner_mode_and_time_are_the_entrys_and_nothing_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "tool.sh").write_text("#!/bin/sh\n")
    (tmp_path / "tool.sh").chmod(0o700)
    entries = [
        folder("app", owner=1000),
        file_from("app/tool.sh", tmp_path / "tool.sh"),
        link_to("app/link", "tool.sh"),
        Entry(path="app/mail", mode=0o2775, owner=0, group=8),
    ]
    found = read(b"".join(tar_pieces(entries)))
    assert {member.mtime for member in found.values()} == {MTIME}
    assert {member.uname for member in found.values()} == {""}
    assert (found["app"].mode, found["app"].uid, found["app"].gid) == (0o755, 1000, 1000)
    assert (found["app/tool.sh"].mode, found["app/tool.sh"].uid) == (0o755, 0)
    assert (found["app/link"].issym(), found["app/link"].linkname) == (True, "tool.sh")
    assert (found["app/mail"].mode, found["app/mail"].uid, found["app/mail"].gid) == (0o2775, 0, 8)


def test_folders_between_are_added_and_all_is_sorted() -> None:
    entries = with_folders([file_of("a/b/c/d", b"x"), file_of("a/b/a", b"y")], below="a/b", owner=7)
    assert [(entry.path, entry.owner) for entry in entries] == [("a/b", 7), ("a/b/a", 0), ("a/b/c", 7), ("a/b/c/d", 0)]


def test_folders_above_are_the_bases_own_where_it_has_them() -> None:
    there = [Entry(path="tmp", mode=0o1777, owner=0, group=0), Entry(path="srv", mode=0o700, owner=5, group=6)]
    entries = with_parents([file_of("tmp/a/b", b"x")], there)
    assert [(entry.path, entry.mode) for entry in entries] == [("tmp", 0o1777), ("tmp/a", 0o755), ("tmp/a/b", 0o644)]


@pytest.mark.parametrize("content", [b"shorter", b"longer than it said"])
def test_a_file_of_another_length_than_it_said_is_refused(content: bytes) -> None:
    entry = Entry(path="app/model.bin", mode=0o644, size_bytes=10, content=lambda: [content])
    with pytest.raises(BuildError) as error:
        b"".join(tar_pieces([entry]))
    assert str(error.value) == "app/model.bin changed while the image was built; build again when nothing writes to it"


def test_an_archive_can_be_streamed_member_by_member() -> None:
    pieces = [*in_archive("a", 3, [b"a", b"bc"]), *in_archive("b", 0, []), end_of_archive()]
    assert {name: member.size for name, member in read(b"".join(pieces)).items()} == {"a": 3, "b": 0}
