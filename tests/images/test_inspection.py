from collections.abc import Callable
from pathlib import Path

import pytest

from shipway.domain.environment import Code, Environment
from shipway.domain.image import Image, ImageSpec
from shipway.engine.connection import Engine
from shipway.image.container.inspection import ImageReport, check_image, judge_secrets, judge_user
from shipway.image.container.secrets import known_secrets
from shipway.store.workspace import Workspace
from tests.images.conftest import SCRIPT

Build = Callable[..., Image]
Spec = Callable[..., ImageSpec]
KNOWN = known_secrets({"DATABASE_PASSWORD": "correct horse battery", "PATH": "/usr/bin"})


def test_an_image_of_ours_runs_as_another_than_root_and_holds_no_secret(
    engine: Engine, build: Build, spec: Spec
) -> None:
    report = check_image(engine, build(spec()), KNOWN)
    assert (report.user, report.uid, report.secrets) == ("1000", 1000, ())
    assert judge_user(report) is None
    assert judge_secrets(report) is None


def test_secrets_in_code_and_variables_are_found_and_not_repeated(
    engine: Engine, build: Build, spec: Spec, workspace: Workspace, tmp_path: Path
) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (source / "score.py").write_text(f"{SCRIPT}\nKEY = 'correct horse battery'\n")
    (source / "deploy.pem").write_text("-----BEGIN RSA PRIVATE KEY-----\nabc\n")
    (source / ".env").write_text("A=1\n")
    requirements = spec().environment.requirements
    leaky = Environment(
        name="mine", python="3.11", requirements=requirements, variables={"DB": "x:correct horse battery"}
    )
    code = Code(tree=workspace.blobs.put_tree(source), entry_script="score.py")
    report = check_image(engine, build(spec(code=code, environment=leaky)), KNOWN)
    assert sorted(map(str, report.secrets)) == [
        "/var/azureml-app/src/.env: a file that holds credentials",
        "/var/azureml-app/src/deploy.pem: a private key",
        "/var/azureml-app/src/score.py: the value of DATABASE_PASSWORD",
        "variables: the value of DATABASE_PASSWORD",
    ]
    text = judge_secrets(report)
    assert text is not None
    assert text.startswith("secrets are in the image: variables: the value of DATABASE_PASSWORD; /var/azureml-app/src/")
    assert text.endswith("; take them out of what the image is made from")
    assert "correct horse" not in text + repr(report)


def test_credentials_of_an_index_reach_no_part_of_the_image(
    engine: Engine, build: Build, spec: Spec, wheelhouse: Path
) -> None:
    """An index that is named and not asked: everything is in the wheelhouse."""
    requirements = (
        "--no-index",
        "--extra-index-url https://ada:byron-of-the-index@index.example/simple",
        f"--find-links {wheelhouse}",
        "alpha",
    )
    image = build(spec(environment=Environment(name="mine", python="3.11", requirements=requirements)))
    known = known_secrets({}, requirements)
    assert [secret.name for secret in known] == ["the password of an index or registry URL"]
    report = check_image(engine, image, known)
    assert report.secrets == ()
    lock = engine.client.containers.run(image.location, ["cat", "/opt/shipway/requirements.lock"], remove=True)
    assert b"--extra-index-url https://index.example/simple" in lock
    assert b"alpha==1.0" in lock


def test_looking_leaves_no_container(engine: Engine, build: Build, spec: Spec) -> None:
    image = build(spec())
    check_image(engine, image, KNOWN)
    of_image = {"label": "shipway.errand", "ancestor": image.location}
    assert engine.client.containers.list(all=True, filters=of_image, ignore_removed=True) == []


@pytest.mark.parametrize("user", ["", "0", "root"])
def test_root_is_refused(user: str) -> None:
    text = judge_user(ImageReport(user=user, uid=0, secrets=()))
    assert text == f"it runs as root (user {user or 'not set'!r}, id 0 inside); it must run as another"
