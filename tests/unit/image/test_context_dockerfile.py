from typing import Any

import pytest

from shipway.errors import BuildError
from shipway.image.context_dockerfile import context_dockerfile, place_of

ROOT = "var/azureml-app"
SETTINGS: dict[str, Any] = {
    "User": "1000",
    "WorkingDir": "/var/azureml-app",
    "Env": ["PATH=/opt/shipway/venv/bin:/bin", "OLD=1", 'WORDS="a" $b \\c'],
    "Cmd": ["python", "/opt/shipway/serving"],
    "ExposedPorts": {"5001/tcp": {}},
    "Labels": {"b": "2", "a": '{"x": 1}'},
    "Healthcheck": {
        "Test": ["CMD", "python", "-c", "pass"],
        "Interval": 5_000_000_000,
        "Timeout": 4_000_000_000,
        "StartPeriod": 300_000_000_000,
        "Retries": 3,
    },
}


def render(**changes: Any) -> list[str]:
    places = {"azureml-app/score.py", "venv/pyvenv.cfg", "serving/__main__.py", "requirements.lock", "own/a.py"}
    places |= {"user/etc/passwd", "user/home/shipway"}
    return context_dockerfile("FROM a:1\n", {**SETTINGS, **changes}, ["OLD=1"], places, root=ROOT).splitlines()[2:]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("var/azureml-app", "azureml-app"),
        ("var/azureml-app/azureml-models/m/1/x", "azureml-app/azureml-models/m/1/x"),
        ("var/azureml-app2/x", "user/var/azureml-app2/x"),
        ("opt/shipway/venv/bin/python", "venv/bin/python"),
        ("opt/shipway/requirements.lock", "requirements.lock"),
        ("opt/shipway", ""),
        ("etc/passwd", "user/etc/passwd"),
    ],
)
def test_every_file_of_the_image_has_its_place(path: str, place: str) -> None:
    assert place_of(path, root=ROOT) == place


def test_what_changes_seldom_is_copied_first_and_what_is_written_belongs_to_the_user() -> None:
    assert render() == [
        "FROM a:1",
        "USER root",
        "COPY --chown=0:0 user/etc/ /etc/",
        "COPY --chown=1000:1000 user/home/ /home/",
        "COPY requirements.lock /opt/shipway/requirements.lock",
        "COPY venv/ /opt/shipway/venv/",
        "COPY serving/ /opt/shipway/serving/",
        "COPY own/ /opt/shipway/own/",
        "COPY --chown=1000:1000 azureml-app/ /var/azureml-app/",
        'ENV PATH="/opt/shipway/venv/bin:/bin"',
        'ENV WORDS="\\"a\\" \\$b \\\\c"',
        'LABEL "a"="{\\"x\\": 1}"',
        'LABEL "b"="2"',
        "EXPOSE 5001/tcp",
        "WORKDIR /var/azureml-app",
        "USER 1000",
        'HEALTHCHECK --interval=5s --timeout=4s --start-period=300s --retries=3 CMD ["python", "-c", "pass"]',
        "ENTRYPOINT []",
        'CMD ["python", "/opt/shipway/serving"]',
    ]


def test_a_variable_with_a_line_break_is_refused() -> None:
    with pytest.raises(BuildError) as error:
        render(Env=["CERTIFICATE=one\ntwo"])
    assert str(error.value) == (
        "the value of variable CERTIFICATE has a line break, which no Dockerfile can hold; package an image instead, "
        "without --output-path"
    )
