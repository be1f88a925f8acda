"""Asking a service through its gateway: once, and all the time; and asking for what it has logged."""

import json
import threading
from http.client import HTTPConnection

from shipway.domain.service import Traffic


def port_of(service):
    return int(service.scoring_uri.rsplit(":", 1)[1].split("/")[0])


def post(service, data=b"{}", path="/score"):
    connection = HTTPConnection("127.0.0.1", port_of(service), timeout=20)
    try:
        connection.request("POST", path, body=data, headers={"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def lines_with(target, revision_id, text):
    """The log of a revision once a line ends with `text`: a server that answers may not have written all of it yet."""
    pause = threading.Event()
    for _ in range(2000):
        lines = list(target.logs("digits", revision_id=revision_id))
        if any(line.endswith(text) for line in lines):
            return lines
        pause.wait(0.01)
    raise AssertionError(f"{revision_id} has not logged {text!r}: {lines}")


class Load:
    """Requests one after another on some kept-alive connections, until told to stop."""

    def __init__(self, port: int, clients: int) -> None:
        self.failures: list[str] = []
        self.answered: dict[str, int] = {}
        self._port = port
        self._stop = threading.Event()
        self._pause = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, revision: str, more: int) -> None:
        """Returns once `revision` has answered `more` further requests."""
        goal = self.answered.get(revision, 0) + more
        for _ in range(2000):
            if self.answered.get(revision, 0) >= goal or self.failures:
                return
            self._pause.wait(0.01)
        raise AssertionError(f"{revision} has not answered: {self.answered}")

    def _ask(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=20)
        while not self._stop.is_set():
            try:
                connection.request("POST", "/score", body=b"{}")
                response = connection.getresponse()
                body = response.read()
            except OSError as error:
                self.failures.append(repr(error))
                return
            if response.status != 200:
                self.failures.append(f"{response.status} {body!r}")
                return
            revision = json.loads(body)["revision"]
            self.answered[revision] = self.answered.get(revision, 0) + 1
            self._pause.wait(0.01)
        connection.close()


def replaced_under_load(target, service, deploy_second):
    """The load under which `r2`, which answers "two", took the place of `r1`, which answers "one"."""
    with Load(port_of(service), clients=2) as load:
        load.wait_for("one", 20)
        deploy_second()
        target.set_traffic(service.name, Traffic(weights={"r1": 50, "r2": 50}), fence=1)
        load.wait_for("two", 20)
        target.set_traffic(service.name, Traffic.all_to("r2"), fence=1)
        target.delete_revision(service.name, "r1", fence=1)
        load.wait_for("two", 20)
    return load
