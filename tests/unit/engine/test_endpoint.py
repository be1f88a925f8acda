import json
from pathlib import Path

import pytest
from docker.context.config import get_context_id

from shipway.engine.endpoint import Endpoint, find_endpoint
from shipway.errors import ConfigError


@pytest.mark.parametrize("host", ["unix:///var/run/docker.sock", "tcp://127.0.0.1:2375", "tcp://localhost:2375"])
def test_an_engine_of_this_machine_is_local(host: str) -> None:
    assert Endpoint(host=host, origin="DOCKER_HOST").is_local


@pytest.mark.parametrize("host", ["tcp://10.0.0.5:2376", "ssh://ada@build.example", "tcp://[2001:db8::1]:2376"])
def test_an_engine_of_another_machine_is_not_local(host: str) -> None:
    assert not Endpoint(host=host, origin="DOCKER_HOST").is_local


def test_docker_host_wins_over_a_context() -> None:
    found = find_endpoint({"DOCKER_HOST": "tcp://10.0.0.5:2376", "DOCKER_CONTEXT": "elsewhere"})
    assert str(found) == "tcp://10.0.0.5:2376 (DOCKER_HOST)"


def test_a_context_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="docker context 'nope' does not exist; `docker context ls` shows"):
        find_endpoint({"DOCKER_CONTEXT": "nope"})


def test_the_context_in_use_names_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "build-machine"
    meta = tmp_path / "contexts" / "meta" / _context_id(name) / "meta.json"
    meta.parent.mkdir(parents=True)
    endpoints = {"docker": {"Host": "tcp://10.0.0.7:2375", "SkipTLSVerify": True}}
    meta.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": endpoints}))
    (tmp_path / "config.json").write_text(json.dumps({"currentContext": name}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert str(find_endpoint({})) == "tcp://10.0.0.7:2375 (docker context build-machine)"


def _context_id(name: str) -> str:
    found: str = get_context_id(name)
    return found
