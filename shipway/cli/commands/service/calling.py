"""shipway service run, get-keys, regen-key, get-access-token: to ask a service, and what v1 needed for it."""

import os
import sys
from argparse import Namespace
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from shipway.cli.commands.service.names import add_name
from shipway.cli.context import Context
from shipway.cli.parser import Parser
from shipway.cli.services_told import service_of
from shipway.errors import ConfigError, TargetError, TargetUnavailable

_RUN_TIMEOUT_S = 60.0
"""v1's scoring timeout."""

_KEYS = ("Primary", "Secondary")


def add_arguments(parser: Parser) -> None:
    ask = add_name(parser.add_verb("run", _run, "send one request to a service and print its answer"))
    ask.add_argument("-d", "--input-data", required=True, metavar="BODY", help="text, @FILE, or @- for standard input")
    add_name(parser.add_verb("keys", _no_keys, "the keys of a service, where its target has any", az="get-keys"))
    again = add_name(parser.add_verb("regen-key", _no_keys, "a new key for a service, where its target has any"))
    again.add_argument("-k", "--key", required=True, type=_key, metavar="KEY", help="Primary or Secondary")
    again.add_argument("-s", "--set-key", metavar="VALUE", help="the new key")
    add_name(
        parser.add_verb("token", _no_token, "a token for a service, where its target has any", az="get-access-token")
    )


def _key(text: str) -> str:
    """Any case, as in v1."""
    from argparse import ArgumentTypeError

    if text.capitalize() not in _KEYS:
        raise ArgumentTypeError(f"expected {' or '.join(_KEYS)}, not {text!r}")
    return text.capitalize()


def _no_keys(args: Namespace, context: Context) -> int:
    target, service = service_of(context, args.name)
    raise TargetError(
        f"service {service.name} has no keys: target {target.kind} answers on this machine alone and asks for none, as "
        "v1's local services; send requests without an Authorization header"
    )


def _no_token(args: Namespace, context: Context) -> int:
    target, service = service_of(context, args.name)
    raise TargetError(
        f"service {service.name} has no tokens: v1 gave them for AKS only (tokenAuthEnabled), and target {target.kind} "
        "asks for none; send requests without an Authorization header"
    )


def _run(args: Namespace, context: Context) -> int:
    _, service = service_of(context, args.name)
    status, body = _post(service.name, service.scoring_uri, _body(args.input_data))
    print(body)
    if status >= 400:
        context.output.say(
            f"shipway: error: service {service.name} answered {status}; see `shipway service logs -n {service.name}`"
        )
        return 1
    return 0


def _body(text: str) -> bytes:
    if not text.startswith("@"):
        return os.fsencode(text)
    if text == "@-":
        return sys.stdin.buffer.read()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise ConfigError(f"--input-data {text}: {text[1:]} cannot be read: {error.strerror}") from error


def _post(name: str, uri: str, body: bytes) -> tuple[int, str]:
    """Status and text of the answer, whatever the status. No proxy: local services are on this machine."""
    from urllib.request import ProxyHandler, Request, build_opener

    request = Request(uri, data=body, headers={"Content-Type": "application/json"})  # noqa: S310 - the target's own URI
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=_RUN_TIMEOUT_S) as response:
            return response.status, response.read().decode(errors="replace")
    except HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except (OSError, HTTPException) as error:  # HTTPException: cut off in the middle of its answer
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise TargetUnavailable(
            f"service {name} does not answer at {uri}: {reason}; see `shipway service show -n {name}`"
        ) from error
