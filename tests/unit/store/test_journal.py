import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipway.domain.canonical import digest_of
from shipway.errors import RecordExists, StoreCorrupt
from shipway.store.journal import GENESIS, Entry, Journal
from shipway.store.workspace import Workspace


@pytest.fixture
def journal(workspace: Workspace) -> Journal:
    return workspace.journal("releases/r1/journal")


def _file(tmp_path: Path, seq: int) -> Path:
    return tmp_path / "ws" / "releases" / "r1" / "journal" / f"{seq:06d}.json"


def test_entries_follow_each_other(journal: Journal, now: datetime, tmp_path: Path) -> None:
    first = journal.append({"step": "register"}, at=now)
    second = journal.append({"step": "build"}, at=now)
    assert journal.entries() == (first, second)
    assert (first.seq, first.prev, second.seq, second.prev) == (1, GENESIS, 2, first.hash)
    document = json.loads(_file(tmp_path, 1).read_bytes())
    assert document == {
        "seq": 1, "prev": GENESIS, "at": "2026-07-01T12:00:00.000000Z", "data": {"step": "register"},
    }  # fmt: skip
    assert first.hash == digest_of(document)


def test_the_head_is_the_newest_entry(journal: Journal, now: datetime) -> None:
    assert journal.head == (0, GENESIS)
    assert journal.entries() == ()
    entry = journal.append({}, at=now)
    assert journal.head == (1, entry.hash)


def test_an_append_upon_an_old_head_is_refused(journal: Journal, now: datetime) -> None:
    first = journal.append({"n": 1}, at=now, after=GENESIS)
    journal.append({"n": 2}, at=now, after=first.hash)
    expected = "^journal releases/r1/journal has grown to entry 2 since it was read; read it again and decide anew$"
    with pytest.raises(RecordExists, match=expected):
        journal.append({"n": 3}, at=now, after=first.hash)
    assert len(journal.entries()) == 2


def test_appends_at_the_same_time_all_find_their_place(journal: Journal, now: datetime) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: journal.append({"n": number}, at=now), range(40)))
    entries = journal.entries()
    assert [entry.seq for entry in entries] == list(range(1, 41))
    assert sorted(entry.data["n"] for entry in entries) == list(range(40))  # type: ignore[type-var]


def test_of_appends_upon_one_head_one_wins(journal: Journal, now: datetime) -> None:
    def append(number: int) -> bool:
        try:
            journal.append({"n": number}, at=now, after=GENESIS)
        except RecordExists:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(append, range(16))) == 1
    assert len(journal.entries()) == 1


@pytest.fixture
def three(journal: Journal, now: datetime) -> Journal:
    for number in range(3):
        journal.append({"n": number}, at=now)
    return journal


def test_a_changed_entry_is_found(three: Journal, tmp_path: Path) -> None:
    path = _file(tmp_path, 2)
    path.write_text(path.read_text().replace('"n":1', '"n":7'))
    with pytest.raises(StoreCorrupt, match=r"^journal releases/r1/journal is broken at entry 000003: it follows "):
        three.entries()


def test_a_missing_entry_is_named(three: Journal, tmp_path: Path) -> None:
    _file(tmp_path, 2).unlink()
    with pytest.raises(StoreCorrupt, match=r"^journal releases/r1/journal is broken: entry 000002 is missing$"):
        three.entries()


def test_swapped_entries_are_found(three: Journal, tmp_path: Path) -> None:
    _file(tmp_path, 1).rename(tmp_path / "kept")
    _file(tmp_path, 2).rename(_file(tmp_path, 1))
    (tmp_path / "kept").rename(_file(tmp_path, 2))
    with pytest.raises(StoreCorrupt, match=r"is broken: entry 000001 says that it is 2$"):
        three.entries()


@pytest.mark.parametrize("text", ["[]", '{"seq": 1}', "null"])
def test_a_record_that_is_no_entry_is_named(three: Journal, tmp_path: Path, text: str) -> None:
    _file(tmp_path, 1).write_text(text)
    with pytest.raises(StoreCorrupt, match=r"is broken: entry 000001 is not an entry$"):
        three.entries()


def test_an_added_field_is_found(three: Journal, tmp_path: Path) -> None:
    document = json.loads(_file(tmp_path, 3).read_bytes())
    _file(tmp_path, 3).write_text(json.dumps({**document, "more": 1}))
    with pytest.raises(StoreCorrupt, match=r"is broken: entry 000003 is not an entry$"):
        three.entries()


def test_a_cut_off_end_is_found_by_the_noted_head(three: Journal, tmp_path: Path, now: datetime) -> None:
    _, head = three.head
    three.verify(head)
    three.append({"n": 3}, at=now)
    three.verify(head)
    for seq in (3, 4):
        _file(tmp_path, seq).unlink()
    assert len(three.entries()) == 2
    with pytest.raises(StoreCorrupt, match=r"has lost its end: no entry has the hash .* noted, and it has 2 entries$"):
        three.verify(head)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.text("ab"), st.none() | st.integers() | st.text("xy")), max_size=5), st.data())
def test_any_change_to_a_document_changes_its_hash(
    documents: list[dict[str, int | str | None]], data: st.DataObject
) -> None:
    at = datetime.fromisoformat("2026-07-01T12:00:00+00:00")
    entries = [Entry(seq=1, prev=GENESIS, at=at, data=document) for document in documents]
    distinct = {json.dumps(document, sort_keys=True) for document in documents}
    assert len({entry.hash for entry in entries}) == len(distinct)
