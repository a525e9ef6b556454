"""One request to an address that may be asked: no redirects, a deadline, and no address of a private network.

The name is resolved here and the connection made to the address that was looked at, so a name that is resolved
otherwise a moment later (DNS rebinding) leads nowhere else.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from graph.errors import AccessError, DoesNotFit, UsageError

DEADLINE: Final = 15.0  # seconds, from the connection to the head of the answer
LONGEST_URL: Final = 2_000
PORTS: Final = {"http": 80, "https": 443}
# Addresses that stand for others: those are looked at in their place.
TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")


class NotSent(Exception):
    """Nobody answered: why, in words that name no address."""


@dataclass(frozen=True, slots=True)
class Address:
    """A place to send to, as its URL names it."""

    scheme: str
    host: str
    port: int
    path: str


def address_of(url: str, private: bool) -> Address:
    """The parts of a URL. private: whether http and addresses of private networks are allowed.

    Raises UsageError, DoesNotFit, and AccessError for what is not allowed.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:  # such as a port above 65535, which no pattern excludes
        raise DoesNotFit("the url of a webhook is none; write https://HOST/PATH") from error
    if parts.scheme not in PORTS or not host or len(url) > LONGEST_URL or not (url.isascii() and url.isprintable()):
        raise UsageError("the url of a webhook is none; write https://HOST/PATH")
    if " " in url or parts.username is not None or parts.password is not None:
        raise UsageError("the url of a webhook has no spaces, no user and no password")
    if parts.scheme != "https" and not private:
        raise AccessError("a webhook is sent over https alone here")
    literal = _literal(host)
    if literal is not None and not private and not is_public(literal):
        raise AccessError("a webhook may not be sent to an address of this machine or of a private network")
    return Address(parts.scheme, host, port, _path(parts))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in TRANSLATED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def post(address: Address, headers: dict[str, str], body: bytes, private: bool, deadline: float = DEADLINE) -> int:
    """The status of the answer. Raises NotSent where nobody answered in time, or may be asked."""
    connection = http.client.HTTPConnection(address.host, address.port, timeout=deadline)
    try:
        connection.sock = _connect(address, private, deadline)
        timer = threading.Timer(deadline, _shut, [connection.sock])  # for one who answers a byte at a time
        timer.start()
        try:
            connection.request("POST", address.path, body, {"Content-Type": "application/json"} | headers)
            return connection.getresponse().status
        finally:
            timer.cancel()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotSent(f"no answer ({type(error).__name__})") from error
    finally:
        connection.close()


def _connect(address: Address, private: bool, deadline: float) -> socket.socket:
    """A connection to the first address of the host that may be asked. Raises NotSent, OSError."""
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    allowed = [place for *_, place in found if private or is_public(str(place[0]))]
    if not allowed:
        raise NotSent("its name leads to an address of this machine or of a private network")
    plain = socket.create_connection((str(allowed[0][0]), address.port), timeout=deadline)
    if address.scheme == "http":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=address.host)
    except BaseException:
        plain.close()
        raise


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _literal(host: str) -> str | None:
    """The IP address that a host is written as, None for a name."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return None


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
