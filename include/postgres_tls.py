"""How a PostgreSQL server proves who it is: libpq's own settings, held to the rule of `include.networks`.

libpq has no error of its own for TLS: it says what is wrong in words, and those are recognised here.
"""

import os
import re
from collections.abc import Mapping

from sqlalchemy import URL

from include.connections import Connection, unfit
from include.errors import FixConnection
from include.networks import is_loopback, root_certificates

SETTINGS = ("sslmode", "sslrootcert", "sslcert", "sslkey")
VERIFYING = ("verify-full", "verify-ca")
OVER_LIBPQ = ("psycopg", "psycopg2")
SYSTEM = "system"
ELSEWHERE = ("PGHOSTADDR", "PGSERVICE")  # variables by which libpq goes elsewhere than the host says
WHY = "any other mode sends the password to whatever answers"
UNSAID = "it has expired, or is not of the authority in sslrootcert"  # libpq does not say which
FAULTS = (
    (r"certificate verify failed: ([^\n]+)", "its certificate is not valid"),
    (r"certificate verify failed", f"its certificate is not valid: {UNSAID}"),
    (r"server certificate for .* (does not match host name)", "its certificate is not valid"),
    (r"root certificate file .* does not exist", "sslrootcert names a file that is not there"),
    (r"could not read root certificate", "sslrootcert holds no certificates that can be read"),
    (r"server does not support SSL", "it offers no TLS, which is required off loopback"),
    (r"could not (?:open|load|read) (?:certificate|private key)", "sslcert or sslkey cannot be used"),
    (r"certificate present, but not private key|private key file", "sslcert or sslkey cannot be used"),
    (r"alert (?:unknown ca|bad certificate|certificate required)", "it refuses our certificate (sslcert)"),
    (r"unsupported protocol|wrong version number|alert protocol version", "it speaks no TLS that we accept"),
    (r"weak sslmode|invalid sslmode", "its sslmode cannot be used"),
)


def tls_of(connection: Connection) -> dict[str, str]:
    """libpq's settings for a connection: `extra.sslmode`, `sslrootcert`, `sslcert`, `sslkey`.

    Off loopback `verify-full` unless `verify-ca` is asked for. libpq's own `sslrootcert=system` finds nothing
    in the wheels of psycopg (psycopg/psycopg#928), so the file of the system's authorities is named instead.
    A certificate of ours is shown only where one is given, never what lies in a home folder.

    Raises:
        FixConnection: a mode that proves nothing; `verify-ca` without an authority of its own.
    """
    given = {name: str(connection.extra[name]) for name in SETTINGS if connection.extra.get(name)}
    if is_local(connection.host) and not any(map(os.environ.get, ELSEWHERE)):
        return given
    mode, root = given.get("sslmode", "verify-full"), given.get("sslrootcert", SYSTEM)
    if mode not in VERIFYING:
        raise unfit(connection, f"off loopback extra.sslmode must be verify-full or verify-ca: {WHY}")
    if mode == "verify-ca" and root == SYSTEM:
        raise unfit(connection, "extra.sslmode verify-ca takes any server of an authority: it needs one of "
                    "your own in extra.sslrootcert")  # fmt: skip
    shown = {} if "sslcert" in given else {"sslcertmode": "disable"}
    return {**given, **shown, "sslmode": mode, "sslrootcert": _file(root), "gssencmode": "disable"}


def tls_of_url(setting: str, url: URL) -> dict[str, str]:
    """The same for a URL, whose query holds libpq's settings; what is to be added to it.

    Raises:
        FixConnection: it leads off loopback, and not by a mode that proves who answers.
    """
    if all(map(is_local, _hosts(url))):
        return {}
    mode, root = url.query.get("sslmode"), str(url.query.get("sslrootcert", SYSTEM))
    if url.get_driver_name() not in OVER_LIBPQ:
        raise FixConnection(f"{setting} must begin with postgresql+psycopg:// off loopback")
    if mode not in VERIFYING or (mode == "verify-ca" and root == SYSTEM):
        raise FixConnection(
            f"{setting} leads off loopback, so it must end with ?sslmode=verify-full (and, where the "
            f"certificate is not of a public authority, &sslrootcert=<file of its own>): {WHY}"
        )
    return {"sslrootcert": _file(root), "gssencmode": "disable"}


def is_local(host: str) -> bool:
    """Whether a host is this machine for libpq, which takes a folder (or @name) for a Unix socket."""
    return host[:1] in ("", "/", "@") or is_loopback(host)


def fault(said: str) -> str | None:
    """What libpq's words say of TLS that will never do; None where it is about something else."""
    for pattern, means in FAULTS:
        if found := re.search(pattern, said):
            return f"{means}: {found[1].strip()}" if found.re.groups else means
    return None


def _file(root: str) -> str:
    return root_certificates() if root == SYSTEM else root


def _hosts(url: URL) -> list[str]:
    """Every host that a URL may lead to; query and variables may name more, and `hostaddr` overrules them."""
    query: Mapping[str, str | tuple[str, ...]] = url.query
    if "service" in query or any(map(os.environ.get, ELSEWHERE)):
        return ["a service of a file elsewhere"]
    named: list[str] = []
    for key in ("host", "hostaddr"):
        value = query.get(key, ())
        named += [value] if isinstance(value, str) else value
    alone = [part for value in named for part in value.split(",")]
    bare = [part if is_local(part) else part.rsplit(":", 1)[0] for part in alone]
    own = url.host or ("" if "host" in query else os.environ.get("PGHOST", ""))
    return [*bare, *own.split(",")]
