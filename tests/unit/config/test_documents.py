# ruff: noqa: E501 - tables of messages, a line each
from itertools import pairwise
from pathlib import Path

import pytest

from shipway.config.deployment import load_deployment_config
from shipway.config.documents import nearest, read_document, repeated_keys
from shipway.errors import ConfigError


def written(tmp_path: Path, content: str | bytes, name: str = "config.yml") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        '{"computeType": "local", "port": 6789}',
        '{"computeType": "local", "port": 6789,}',
        '{\n\t"computeType": "local",\n\t"port": 6789,\n}\n',
        "computeType: local\r\nport: 6789\r\n",
        "\ufeffcomputeType: local\nport: 6789\n",
        "\ufeff" + '{"computeType": "local", "port": 6789}',
        "computeType: local\nport: 6789\n".encode("utf-16"),
        "{computeType: local, port: 6789}",
    ],
)
def test_json_and_yaml_are_told_apart_by_content_and_common_flaws_do_no_harm(
    tmp_path: Path, content: str | bytes
) -> None:
    assert read_document(written(tmp_path, content)).value == {"computeType": "local", "port": 6789}


def test_a_comma_too_many_is_taken_and_remarked(tmp_path: Path) -> None:
    path = written(tmp_path, '{"computeType": "local",\n "port": 6789,\n}')
    remark = f"{path}:3: a comma too many before a bracket is not JSON; taken all the same"
    assert read_document(path).remarks == (remark,)
    assert load_deployment_config(path).warnings == (remark,)
    assert read_document(written(tmp_path, "{computeType: local,}")).remarks == ()  # YAML allows it


def test_a_comma_before_a_bracket_inside_a_text_stays(tmp_path: Path) -> None:
    assert read_document(written(tmp_path, '{"a": "x,}", "b": "\\",]",}')).value == {"a": "x,}", "b": '",]'}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1,\n "b" 2}', "2: not valid JSON: Expecting ':' delimiter at column 6"),
        ('{"a": [1,\n 2', "2: not valid JSON: Expecting ',' delimiter at column 3"),
        (
            "a: 1\nb: [1, 2\nc: 3\n",
            "3: not valid YAML: did not find expected ',' or ']', while parsing a flow sequence",
        ),
        (
            "a: 1\n\tb: 2\n",
            "2: not valid YAML: ",
        ),
        ("a: \x01\n", "1: not valid YAML: "),
        (b"a: 1\nb: \xff\xfe\n", "2: is not UTF-8 text; save the file as UTF-8"),
    ],
)
def test_a_malformed_file_is_refused_with_path_and_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ConfigError) as error:
        read_document(path)
    assert str(error.value).startswith(f"{path}:{message}")


def test_a_file_that_is_missing_empty_or_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.yml: no such file$"):
        read_document(tmp_path / "nothing.yml")
    with pytest.raises(ConfigError, match=r"config\.yml: the file is empty$"):
        read_document(written(tmp_path, " \n"))
    with pytest.raises(ConfigError, match=r"is a folder; name a file$"):
        read_document(tmp_path)


def test_a_binary_file_is_refused_as_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.yml: is a binary file; name a text file$"):
        read_document(written(tmp_path, b"\x7fELF\x02\0\0\xff"))


@pytest.mark.parametrize(
    "content",
    [
        "a: &a [" + ",".join("x" * 10) + "]\n" + "".join(f"{n}: &{n} [*{m}{f',*{m}' * 9}]\n" for m, n in pairwise("abcdefghij")),
        "notes: &notes\n  again: *notes\n",
        "notes: &notes [*notes]\n",
    ],
)  # fmt: skip
def test_anchors_that_unfold_without_end_are_refused_at_once(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_document(written(tmp_path, content))
    assert "not valid YAML: it unfolds to more than 100,000 values; write out what its anchors repeat" in str(
        error.value
    )


def test_anchors_that_repeat_a_little_are_what_they_always_were(tmp_path: Path) -> None:
    read = read_document(written(tmp_path, "a: &a {b: 1}\nc: *a\nd:\n  <<: *a\n  e: 2\n"))
    assert read.value == {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}


@pytest.mark.parametrize("content", ["[" * 100_000, '{"a":' * 100_000, "- " * 100_000, "a: " + "[" * 100_000])
def test_values_nested_without_end_are_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.yml"):
        read_document(written(tmp_path, content))


def test_a_fault_names_the_line_of_its_key_or_of_what_holds_it(tmp_path: Path) -> None:
    document = read_document(written(tmp_path, "a:\n  - b: 1\n  - c:\n      d: 2\n", "x.yml"))
    place = tmp_path / "x.yml"
    assert document.at(("a", 1, "c", "d"), "bad") == f"{place}:4: a/1/c/d: bad"
    assert document.at(("a", 1, "missing"), "bad") == f"{place}:3: a/1/missing: bad"
    assert document.within("a", 1).at(("c",), "bad") == f"{place}:3: a/1/c: bad"


def test_json_with_tabs_has_lines_too(tmp_path: Path) -> None:
    document = read_document(written(tmp_path, '{\n\t"a": {\n\t\t"b": 1\n\t}\n}'))
    assert document.at(("a", "b"), "bad").endswith(":3: a/b: bad")


def test_a_key_that_stands_twice_is_found_with_its_second_line(tmp_path: Path) -> None:
    document = read_document(written(tmp_path, "a: 1\nb:\n  - c: 1\n    c: 2\na: 3\n"))
    assert list(repeated_keys(document)) == [(("b", 0, "c"), 4), (("a",), 5)]


@pytest.mark.parametrize(
    ("key", "expected"),
    [("limts", "limits"), ("EntryScript", "entryScript"), ("zzz", None), ("entry_script", "entryScript")],
)
def test_the_nearest_known_key_is_found_and_nothing_far(key: str, expected: str | None) -> None:
    assert nearest(key, ["limits", "entryScript", "load"]) == expected
