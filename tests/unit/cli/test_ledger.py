"""shipway ledger ... and service history: what served when, and whether somebody changed it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipway.cli.commands.ledger import moment_of
from shipway.domain.canonical import Plain
from shipway.domain.environment import Code, Environment
from shipway.domain.model import Tree
from shipway.domain.release import ReleaseInputs, VerificationConfig
from shipway.domain.service import DeploymentConfig, GatewayConfig
from shipway.errors import ConfigError
from shipway.machine.state import machine_state
from shipway.release.details import forget_failure
from shipway.release.journal import journal_of
from shipway.release.ledger import Event, LedgerEntry, ledger_of
from shipway.release.log import log_path
from shipway.release.steps import Kind, Step
from shipway.store.codec import encode
from shipway.store.workspace import open_workspace
from tests.unit.cli.conftest import Shipway

AT = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def history(workspace: Path) -> Path:
    """Two releases of `digits`, a day apart; the second was rolled back."""
    opened = open_workspace(workspace)
    for number, event in ((1, Event.PROMOTED), (2, Event.ROLLED_BACK)):
        release_id, at = f"rel-{number}", AT + timedelta(days=number)
        opened.records.create(f"releases/{release_id}/inputs", encode(inputs(release_id, at)))
        journal = journal_of(opened, release_id)
        journal.append(step(Kind.INTENT, {}), at=at)
        entry = LedgerEntry(
            event=event,
            release_id=release_id,
            revision_id=f"r{number}",
            target="process",
            models={f"digits:{number}": "ab" * 32},
            image_digest="cd" * 32,
            config_digest="ef" * 32,
            approver="ada",
            reason=f"release {number}",
            journal_head=journal.head[1],
            at=at,
        )
        ledger_of(opened, "digits").append(entry)
        journal.append(step(Kind.OUTCOME, {"phase": event.value, "reason": ""}), at=at)
    return workspace


def step(kind: Kind, data: dict[str, Plain]) -> dict[str, Plain]:
    return {"step": Step.RELEASE.value, "kind": kind.value, "fence": 1, "attempt": 1, "data": data}


def inputs(release_id: str, at: datetime) -> ReleaseInputs:
    return ReleaseInputs(
        release_id=release_id,
        service="digits",
        models=(),
        code=Code(tree=Tree(name="score.py", is_folder=False, files=()), entry_script="score.py"),
        environment=Environment(name="none"),
        deployment=DeploymentConfig(),
        targets=("process",),
        verification=VerificationConfig(),
        traffic=(),
        gateway=GatewayConfig(),
        notes="",
        requested_by="ada",
        requested_at=at,
    )


def test_it_says_who_served_at_a_moment(shipway: Shipway, history: Path) -> None:
    out = shipway("ledger", "at", "digits", "2026-07-05T00:00:00Z").out
    assert out.splitlines() == [
        f"models         digits:1 {'ab' * 32}",
        f"image digest   {'cd' * 32}",
        f"config digest  {'ef' * 32}",
        "revision       r1",
        "target         process",
        "since          2026-07-02T12:00:00Z",
        "by             promoted, rel-1",
        "release        rel-1",
        "approver       ada",
        "reason         release 1",
    ]
    document = shipway("ledger", "at", "digits", "now", "-o", "json").document
    assert document["entry"]["models"] == {"digits:1": "ab" * 32}


@pytest.fixture
def gone_back(workspace: Path) -> Path:
    """`digits:1` and then `digits:2` were promoted; bob went back to the first a day later, and retired it the next."""
    for day, event, number in (
        (1, Event.PROMOTED, 1),
        (2, Event.PROMOTED, 2),
        (3, Event.REVERTED, 2),
        (4, Event.RETIRED, 1),
    ):
        entry = LedgerEntry(
            event=event,
            release_id=f"rel-{number}" if event is Event.PROMOTED else f"rollback-{day}",
            revision_id=f"r{number}",
            target="process",
            models={f"digits:{number}": f"{number}" * 64},
            image_digest=f"i{number}",
            config_digest=f"c{number}",
            approver="ada" if event is Event.PROMOTED else "bob",
            reason=f"act {day}",
            journal_head="",
            at=AT + timedelta(days=day),
        )
        ledger_of(open_workspace(workspace), "digits").append(entry)
    return workspace


def test_after_a_rollback_it_says_what_serves_again_and_by_which_act(shipway: Shipway, gone_back: Path) -> None:
    asked = ("ledger", "at", "digits", "2026-07-04T12:00:00Z")
    assert shipway(*asked).out.splitlines() == [
        f"models         digits:1 {'1' * 64}",
        "image digest   i1",
        "config digest  c1",
        "revision       r1",
        "target         process",
        "since          2026-07-04T12:00:00Z",
        "by             reverted, rollback-3",
        "release        rel-1",
        "approver       bob",
        "reason         act 3",
    ]
    entry = shipway(*asked, "-o", "json").document["entry"]
    assert entry == {
        "at": "2026-07-04T12:00:00Z",
        "event": "reverted",
        "models": {"digits:1": "1" * 64},
        "revision": "r1",
        "release": "rollback-3",
        "made_by": "rel-1",
        "target": "process",
        "image_digest": "i1",
        "config_digest": "c1",
        "approver": "bob",
        "reason": "act 3",
    }


def test_history_says_which_models_were_in_service_after_each_line(shipway: Shipway, gone_back: Path) -> None:
    records = shipway("service", "history", "-n", "digits", "-o", "json").document
    assert [(r["event"], list(r["models"]), list(r["in_service"])) for r in records] == [
        ("promoted", ["digits:1"], ["digits:1"]),
        ("promoted", ["digits:2"], ["digits:2"]),
        ("reverted", ["digits:2"], ["digits:1"]),
        ("retired", ["digits:1"], []),
    ]
    title, *lines = shipway("service", "history", "-n", "digits").out.splitlines()
    assert "MODELS    IN SERVICE AFTER  REVISION" in title
    assert [line.split()[2:4] for line in lines][2:] == [["digits:2", "digits:1"], ["digits:1", "nothing"]]


def test_before_the_first_promotion_nobody_served(shipway: Shipway, history: Path) -> None:
    assert shipway("ledger", "at", "digits", "2026-07-01").code == 1
    said = shipway("ledger", "at", "digits", "2026-07-01T00:00:00+02:00")
    assert (said.code, said.out) == (0, "nothing served digits at 2026-06-30T22:00:00Z\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("yesterday", "'yesterday' is not a time; write it as 2026-07-01T12:00:00Z, or now"),
        ("2026-07-01T12:00:00", "'2026-07-01T12:00:00' says no time zone; add Z for UTC, or such as +02:00"),
    ],
)
def test_a_time_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        moment_of(text, now=AT)
    assert str(error.value) == message


def test_a_long_reason_is_cut_for_the_table_and_whole_in_the_document(shipway: Shipway, history: Path) -> None:
    ledger = ledger_of(open_workspace(history), "digits")
    reason = "numpy: " + "was left open; " * 20
    ledger.append(replace(ledger.entries()[-1], release_id="rel-3", reason=reason))
    assert shipway("service", "history", "-n", "digits").out.splitlines()[-1].endswith(f"  {reason[:99]}…")
    assert shipway("service", "history", "-n", "digits", "-o", "json").document[-1]["reason"] == reason


@pytest.fixture
def never_up(workspace: Path) -> Path:
    """The only release of `nom` was refused."""
    opened = open_workspace(workspace)
    entry = LedgerEntry(
        event=Event.REFUSED, release_id="nom-1", revision_id="", target="process", models={}, image_digest="",
        config_digest="", approver="ada", reason="smoke test: start failed", journal_head="", at=AT,
    )  # fmt: skip
    ledger_of(opened, "nom").append(entry)
    return workspace


FAILED = "its last release, nom-1, was refused: smoke test: start failed"


def test_the_log_of_a_service_that_never_came_up_is_its_releases(shipway: Shipway, never_up: Path) -> None:
    log_path(machine_state(open_workspace(never_up).url), "nom-1").write_text("one\ntwo\nthree\n")
    said = shipway("service", "get-logs", "-n", "nom", "-l", "2")
    assert (said.code, said.out) == (0, "two\nthree\n")
    assert said.err == f"shipway: service nom is not up; {FAILED}; this is the release's log\n"
    assert shipway("service", "logs", "-n", "nom", "-o", "json").document["lines"] == ["one", "two", "three"]


@pytest.mark.parametrize("words", [("get-logs",), ("show",), ("run", "-d", "{}"), ("update", "--add-tag", "a=b")])
def test_a_service_that_never_came_up_is_told_with_the_release_that_failed(
    shipway: Shipway, never_up: Path, words: tuple[str, ...]
) -> None:
    told = f"WebserviceNotFound: no service 'nom' is up here; {FAILED}; see `shipway release show nom-1`"
    said = shipway("service", words[0], "-n", "nom", *words[1:])
    assert (said.code, said.error) == (1, f"shipway: error: {told}")


def test_one_that_was_deleted_since_is_no_longer_told_of(shipway: Shipway, never_up: Path) -> None:
    forget_failure(open_workspace(never_up), "nom", "nom-1")
    assert shipway("service", "show", "-n", "nom").error.endswith("; services: none")


def test_history_is_told_oldest_first(shipway: Shipway, history: Path) -> None:
    records = shipway("service", "history", "-n", "digits", "-o", "json").document
    assert [(r["event"], r["release"]) for r in records] == [("promoted", "rel-1"), ("rolled_back", "rel-2")]
    assert shipway("service", "history", "-n", "digits").out.splitlines()[1].split()[1:4] == [
        "promoted",
        "digits:1",
        "digits:1",
    ]


def test_an_unknown_service_is_one_line(shipway: Shipway, history: Path) -> None:
    for argv in (("ledger", "at", "nope", "now"), ("ledger", "verify", "nope"), ("service", "history", "-n", "nope")):
        said = shipway(*argv)
        assert said.code == 1
        assert said.error.startswith("shipway: error: WebserviceNotFound: no service 'nope' in ")
        assert "services: digits" in said.error


def test_an_untouched_history_verifies(shipway: Shipway, history: Path) -> None:
    said = shipway("ledger", "verify", "-o", "json")
    assert said.code == 0
    assert [(r["service"], r["state"], r["entries"]) for r in said.document] == [("digits", "ok", 2)]


def test_a_changed_entry_is_found(shipway: Shipway, history: Path) -> None:
    (record,) = (path for path in history.rglob("000001.json") if "ledger" in path.parts)
    record.write_text(record.read_text().replace("ada", "eve"))
    said = shipway("ledger", "verify", "digits")
    assert said.code == 1
    assert "broken" in said.out
    assert "services/digits/ledger is broken at entry 000002" in said.out


def test_a_release_s_journal_that_was_cut_off_is_found(shipway: Shipway, history: Path) -> None:
    for record in history.glob("releases/rel-2/journal/*.json"):
        record.unlink()
    (row,) = shipway("ledger", "verify", "-o", "json").document
    assert row["state"] == "broken"
    assert row["fault"].startswith("journal releases/rel-2/journal has lost its end")


@pytest.mark.parametrize("lost", ["000002", "00000?"])
def test_a_ledger_that_was_cut_off_is_found(shipway: Shipway, history: Path, lost: str) -> None:
    for record in history.glob(f"services/digits/ledger/{lost}.json"):
        record.unlink()
    (row,) = shipway("ledger", "verify", "-o", "json").document
    assert row["state"] == "broken"
    gone = "rel-2" if lost == "000002" else "rel-1, rel-2"
    assert row["fault"] == (f"the ledger of digits has lost its end: these releases ended and are not in it: {gone}")
