import pytest

from shipway.image.dockerfile import from_context, images_in, installs_packages, instructions_in


def test_instructions_are_joined_and_comments_dropped() -> None:
    text = "# a\nFROM a\n\nrun one && \\\n  # between\n  two \\\n  three\nENV A=b"
    assert [(each.word, each.rest, each.line) for each in instructions_in(text)] == [
        ("FROM", "a", 2),
        ("RUN", "one && two three", 4),
        ("ENV", "A=b", 8),
    ]


def test_what_stands_in_a_here_document_is_no_instruction() -> None:
    assert [each.word for each in instructions_in("RUN <<EOF\nCOPY a b\nEOF\nENV A=b\n")] == ["RUN", "ENV"]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffFROM a\nRUN b\n",
        "FROM\ta\nRUN\tb",
        "FROM a\nRUN \\\n\n  b\n",
        "FROM a\nRUN b\n  \\\n",
        "FROM a\nRUN b \\",
    ],
)
def test_what_builders_pass_over_is_passed_over(text: str) -> None:
    assert [(each.word, each.rest) for each in instructions_in(text)] == [("FROM", "a"), ("RUN", "b")]


@pytest.mark.parametrize("command", ['cat <<< "b"', "echo $((1 << 3))", "echo $((1<<b))"])
def test_no_here_document_hides_what_follows(command: str) -> None:
    assert [each.word for each in instructions_in(f"RUN {command}\nCOPY a b\n")] == ["RUN", "COPY"]


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("FROM a:1\n", ["a:1"]),
        ("FROM --platform=linux/amd64 a AS b\nFROM b\nFROM a\n", ["a"]),
        ("ARG TAG=1\nARG NAME=x:${TAG}\nFROM $NAME\n", ["x:1"]),
        ("FROM ${NAME:-y}\n", ["y"]),
        ("ARG NAME\nFROM $NAME\n", []),
        ("FROM scratch\nCOPY --from=tools:2 /a /a\nCOPY --from=0 /b /b\n", ["tools:2"]),
        ("FROM a as One\nFROM b\nCOPY --from=one /a /a\n", ["a", "b"]),
    ],
)
def test_the_images_that_a_dockerfile_needs(text: str, images: list[str]) -> None:
    assert images_in(text) == images


@pytest.mark.parametrize(
    ("text", "takes"),
    [
        ("COPY a b", True),
        ('COPY ["a b", "c"]', True),
        ("COPY --chown=1:1 a b", True),
        ("COPY --from=x a b", False),
        ("ADD https://x.example/a.tar /", False),
        ("ADD https://x.example/a.tar b /", True),
        ("ADD ${ADDRESS} /", False),
        ("COPY ${PLACE} /", True),
        ("COPY <<EOF /a\nhello\nEOF", False),
        ("RUN cp a b", False),
    ],
)
def test_what_takes_files_from_beside_it(text: str, takes: bool) -> None:
    assert (from_context(text) is not None) is takes


@pytest.mark.parametrize(
    ("text", "installs"),
    [
        ("RUN pip install a", True),
        ("RUN python -m pip --no-cache-dir install a", True),
        ("RUN a && \\\n conda install -y b", True),
        ("RUN conda env update -f x", True),
        ("RUN apt-get install -y python3-pip", False),
        ("RUN pip --version", False),
        ("ENV A='pip install a'", False),
    ],
)
def test_what_has_pip_or_conda_install_something(text: str, installs: bool) -> None:
    assert (installs_packages(text) is not None) is installs


def test_a_long_instruction_is_shown_in_part() -> None:
    (found,) = instructions_in(f"RUN {'x' * 300}")
    assert len(found.shown) == 120
    assert found.shown.endswith("...")
