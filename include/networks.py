"""What may travel over a network, and how the other side proves itself there: one rule for every way out.

Off loopback nothing leaves without TLS that verifies the other side: neither a secret nor a row of a person.
There is no setting that says otherwise. A proxy is used only where a connection names one (`extra.proxy`);
variables like HTTP_PROXY are not looked at. Trusted is what `SSL_CERT_FILE` names, else the system's
authorities and those that certifi brings; or for one connection the file `extra.ca_file` alone.
"""

import os
import ssl
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from include.connections import Connection, unfit

NO_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNSUPPORTED_PROTOCOL",
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "NO_PROTOCOLS_AVAILABLE",
    "RECORD_LAYER_FAILURE",
)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that what is sent there crosses no network.

    By its text alone (127.0.0.0/8, ::1, localhost), for any other name is what a resolver makes of it today.
    """
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def require_tls(connection: Connection, url: str, field: str = "host") -> None:
    """Make sure that a URL of this connection can be asked over TLS, or lies on this machine.

    Raises:
        FixConnection: it begins with anything but https://, and is not http:// to loopback. A proxy is
            elsewhere, so that with one https:// is required in any case.
    """
    import httpx

    try:
        address = httpx.URL(url)
        host = address.host  # decoded only now
    except (httpx.InvalidURL, UnicodeError):
        raise unfit(connection, f"{field} is no address") from None
    is_here = is_loopback(host) and not address.userinfo and not connection.extra.get("proxy")
    if not host or not (address.scheme == "https" or (address.scheme == "http" and is_here)):
        raise unfit(connection, f"{field} must begin with https://, or what is sent travels in the clear")


def proxy_of(connection: Connection) -> str | None:
    """The proxy that `extra.proxy` names, for HTTP and S3.

    Raises:
        FixConnection: it is no address, or holds credentials that would reach it in the clear.
    """
    import httpx

    proxy = str(connection.extra.get("proxy") or "")
    if not proxy:
        return None
    try:
        address = httpx.URL(proxy)
        host = address.host
    except (httpx.InvalidURL, UnicodeError):
        raise unfit(connection, "extra.proxy is no address") from None
    if address.scheme not in ("http", "https") or not host:
        raise unfit(connection, "extra.proxy must begin with http:// or https://")
    if address.userinfo and address.scheme == "http" and not is_loopback(host):
        raise unfit(connection, "extra.proxy must begin with https:// where it holds a password")
    return proxy


def ca_file(connection: Connection) -> str | None:
    """The file of the authorities that alone are trusted; None: those of the system.

    Raises:
        FixConnection: `extra.ca_file` names a file that is not there.
    """
    file = str(connection.extra.get("ca_file") or os.environ.get("SSL_CERT_FILE") or "")
    if file and not Path(file).is_file():
        raise unfit(connection, "extra.ca_file (or SSL_CERT_FILE) names a file that is not there")
    return file or None


def tls_context(connection: Connection) -> ssl.SSLContext:
    """How a server must prove itself: by a certificate that is valid, for its name, of an authority we trust.

    Raises:
        FixConnection: the file of the authorities cannot be read.
    """
    import certifi

    file = ca_file(connection)
    try:
        context = ssl.create_default_context(cafile=file)
    except OSError:  # ssl.SSLError is one
        raise unfit(connection, "extra.ca_file (or SSL_CERT_FILE) holds no certificates") from None
    if file is None and not os.environ.get("SSL_CERT_DIR"):
        context.load_verify_locations(certifi.where())
    return context


def root_certificates() -> str:
    """One file of the authorities that are trusted, for libraries that take nothing else."""
    import certifi

    paths = ssl.get_default_verify_paths()  # of SSL_CERT_FILE, where it is set
    bundles = (paths.cafile, f"{paths.capath}/ca-certificates.crt")
    return next((file for file in bundles if file and Path(file).is_file()), certifi.where())


def tls_fault(error: BaseException | None) -> str | None:
    """What stands behind an error, if the other side's TLS will never do: its certificate, or none at all."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) and hasattr(error, "verify_message"):
            return f"its certificate is not valid: {error.verify_message}"
        if isinstance(error, ssl.SSLError) and getattr(error, "reason", None) in NO_TLS:
            return "it speaks no TLS that we accept on this port"
        error = error.__cause__ or error.__context__
    return None
