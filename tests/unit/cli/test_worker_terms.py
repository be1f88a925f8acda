from shipway.cli.worker.local import settings_digest

MINE = {"AWS_ACCESS_KEY_ID": "one", "PATH": "/bin"}


def test_a_worker_with_other_credentials_or_another_engine_is_another() -> None:
    assert settings_digest({**MINE, "AWS_ACCESS_KEY_ID": "two"}) != settings_digest(MINE)
    assert settings_digest({**MINE, "DOCKER_HOST": "ssh://ada@build.example"}) != settings_digest(MINE)


def test_what_belongs_to_one_command_makes_no_difference() -> None:
    assert settings_digest({**MINE, "SHIPWAY_WORKSPACE": "/tmp/shop", "PATH": "/usr/bin"}) == settings_digest(MINE)


def test_no_credential_can_be_read_from_it() -> None:
    assert len(settings_digest(MINE)) == 64
