"""The shared parser: global options at any place, v1's single-dash options."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.cli.parser import Parser, first_word, pairs, with_default_verb

GLOBALS = st.sampled_from([["-o", "json"], ["--workspace", "model"], ["--debug"], ["-o=json"], ["--output", "table"]])


@pytest.mark.parametrize("argv", [["-o", "json", "list"], ["list", "-o", "json"], ["list", "--output", "json"]])
def test_a_global_option_is_taken_before_and_after_a_verb(argv: list[str]) -> None:
    parser = Parser(prog="shipway model")
    parser.add_verb("list", lambda: 0, "list")
    assert parser.parse_args(argv).output == "json"


def test_single_dash_options_of_several_letters_stand_beside_those_of_one() -> None:
    parser = Parser(prog="shipway model deploy")
    for option in ("-i", "-d", "-ic", "-dc", "-ct"):
        parser.add_argument(option)
    args = parser.parse_args(["-ic", "inference.json", "-dc", "deployment.json", "-ct", "local", "-i", "x", "-d", "y"])
    assert (args.ic, args.dc, args.ct, args.i, args.d) == ("inference.json", "deployment.json", "local", "x", "y")


@given(st.lists(GLOBALS), st.lists(GLOBALS))
def test_the_first_word_is_found_behind_any_global_options(before: list[list[str]], after: list[list[str]]) -> None:
    ahead = [word for option in before for word in option]
    behind = [word for option in after for word in option]
    assert first_word([*ahead, "status", *behind]) == len(ahead)
    assert first_word(ahead) is None


@given(st.lists(st.sampled_from(["-o", "json", "--debug", "list", "file.yaml", "--dry-run", "-h"])))
def test_putting_in_the_default_verb_keeps_every_word_and_is_done_once(argv: list[str]) -> None:
    verbs = frozenset({"start", "list"})
    once = with_default_verb(argv, verbs, "start")
    assert once in (argv, ["start", *argv])
    assert with_default_verb(once, verbs, "start") == once


def test_pairs_are_keys_and_values() -> None:
    assert pairs(Parser(prog="x"), "--tag", ["kind=good", "formula=a=b", "empty="]) == {
        "kind": "good",
        "formula": "a=b",
        "empty": "",
    }


@pytest.mark.parametrize("text", ["kind", "=good"])
def test_a_pair_without_key_or_sign_is_a_usage_error(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        pairs(Parser(prog="shipway model register"), "--tag", [text])
    assert capsys.readouterr().err == (
        f"shipway: error: --tag {text}: expected KEY=VALUE; see `shipway model register --help`\n"
    )
