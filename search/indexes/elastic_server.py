"""The Elasticsearch server: how it is reached, which versions we speak to, and what its errors mean in words."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import elasticsearch
from elastic_transport import TlsError
from elasticsearch import ApiError, ConnectionTimeout, Elasticsearch, TransportError

from search.indexes.index import IndexUnavailable

BUSY: Final = frozenset({429, 502, 503, 504})
"""Statuses of a server that will take later what it does not take now."""


@dataclass(frozen=True, slots=True)
class ElasticsearchAddress:
    """Where the server is and how to sign in: by `api_key`, else by `user` and `password`, else not at all.

    `ca_file` holds the certificate authority of the server, where that is not one of the system's. No request waits
    for its answer longer than `timeout_seconds`.
    """

    url: str
    api_key: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    alias: str = "hits"
    replicas: int = 0
    timeout_seconds: float = 30


def connect(address: ElasticsearchAddress) -> Elasticsearch:
    """A client of the server; nothing is sent yet.

    The server's certificate is always verified, and no request is sent twice. Raises IndexUnavailable when the address
    cannot be one, or would send the login where others can read it.
    """
    problem = _problem(address)
    if problem:
        raise IndexUnavailable(problem)
    options: dict[str, Any] = {"request_timeout": address.timeout_seconds, "max_retries": 0}
    if address.api_key:
        options["api_key"] = address.api_key
    elif address.user:
        options["basic_auth"] = (address.user, address.password)
    if address.ca_file is not None:
        options["ca_certs"] = str(address.ca_file)
    try:
        return Elasticsearch(address.url, **options)
    except ValueError as error:
        raise IndexUnavailable(f"{address.url}: {error}; write https://host:9200") from error


def _problem(address: ElasticsearchAddress) -> str | None:
    """What is wrong with an address before anything is sent; None when nothing is."""
    url = address.url
    if "@" in url:
        # Not quoted: what stands before the @ may be a password.
        return "the server's URL holds a login, which logs would show; write it as user and password, or as api_key"
    if not re.fullmatch(r"https?://[^/]+:[0-9]+/?", url):
        return f"{url}: this is no server's URL; write https://host:9200"
    if not re.fullmatch(r"[!-~]*", address.api_key):
        return f"{url}: api_key holds what no key does, such as a space or a line break; copy it again, on one line"
    is_plain = url.startswith("http://")
    if is_plain and (address.api_key or address.user) and not _is_loopback(urlsplit(url).hostname or ""):
        return f"{url}: http:// would send the login where others can read it; write https://"
    if address.ca_file is not None and is_plain:
        return f"{url}: ca_file is set, but http:// checks no certificate; write https://, or leave ca_file out"
    if address.ca_file is not None:
        try:
            ssl.create_default_context(cafile=address.ca_file)
        except ssl.SSLError:
            return f"{address.ca_file}: holds no certificate; name the PEM file of the server's authority in ca_file"
        except OSError as error:
            return f"{address.ca_file}: cannot be read: {error.strerror}; it is named in ca_file"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_version(client: Elasticsearch, url: str) -> str:
    """The server's version. Raises IndexUnavailable when it is one that we do not speak to."""
    try:
        version = str(client.info()["version"]["number"])
    except (KeyError, TypeError) as error:
        raise IndexUnavailable(
            f"{url}: what answers there says it is Elasticsearch, but not of which version"
        ) from error
    except ApiError as error:
        if error.status_code != 405:  # the minimal distribution has no such page
            raise
        (node,) = client.nodes.info(node_id="_local", filter_path="nodes.*.version")["nodes"].values()
        version = str(node["version"])
    if version.split(".")[0] != "8":
        raise IndexUnavailable(f"{url}: this is Elasticsearch {version}; the program speaks to version 8")
    return version


def explain(error: Exception, alias: str) -> str:
    """What is wrong with the server, and the way out."""
    if isinstance(error, elasticsearch.UnsupportedProductError):
        return _NOT_ELASTICSEARCH
    if isinstance(error, TransportError):
        return _explain_transport(error)
    if not isinstance(error, ApiError):
        return str(error)
    reason = _reason(error)
    if error.status_code == 413:
        return "a request of this size is refused; let the server, and any proxy before it, take 100 MB"
    if error.status_code not in BUSY and not _is_told(error.body):
        return f"{_NOT_ELASTICSEARCH} ({reason})"
    return _explain_status(error.status_code, error.error, reason, alias)


def is_about_document(status: int, error: Mapping[str, Any]) -> bool:
    """Whether a bulk item failed for its own sake, and will again, rather than for the state of index or server."""
    is_about_index = error.get("type") == "index_closed_exception" or "write index" in str(error.get("reason"))
    return status == 413 or (status == 400 and not is_about_index)


def explain_item(status: int, error: Mapping[str, Any], alias: str) -> str:
    """What is wrong with index or server, as a bulk item tells it, and the way out."""
    return _explain_status(status, str(error.get("type")), cause(error), alias)


def _explain_status(status: int, kind: str, reason: str, alias: str) -> str:
    if "disk usage exceeded" in reason:
        return f"the server's disk is full and it takes no writes ({reason}); give it room, and it goes on by itself"
    if status in BUSY:
        return f"the server is too busy ({reason}); trying later"
    if status == 401:
        return f"the login was refused ({reason}); check api_key, or user and password"
    if status == 403 and "block" in reason:
        return f"the server takes no writes ({reason}); lift the block from {alias}*"
    if status == 403:
        return f"the login may not do this ({reason}); give it the rights on {alias}* that deploy/README.md names"
    if status == 404:
        return f"{reason}; build it anew with `luoitroi index rebuild`"
    if kind == "index_closed_exception":
        return f"the index is closed ({reason}); open it with POST /{alias}/_open"
    return f"{reason}; see `luoitroi doctor`"


_NOT_ELASTICSEARCH: Final = "what answers there is not Elasticsearch; is the address right?"


def _explain_transport(error: TransportError) -> str:
    """Why no answer came, or none that can be read."""
    if isinstance(error, ConnectionTimeout):
        return "the server did not answer in time; trying later"
    if isinstance(error, elasticsearch.SerializationError):
        return _NOT_ELASTICSEARCH
    told = str(error.message)
    if isinstance(error, TlsError):
        if "CERTIFICATE_VERIFY_FAILED" in told or "doesn't match" in told:
            return f"its certificate is not to be trusted ({told}); name the server's authority in ca_file"
        if "WRONG_VERSION_NUMBER" in told:
            return f"it speaks no TLS there ({told}); is the address right, or is it http://?"
        return f"TLS failed ({told}); is the address right?"
    if "RemoteDisconnected" in told or "reset by peer" in told:
        return f"the connection was cut ({told}); is the server up, and is it https://?"
    return f"{told}; is the server up, and the address right?"


def cause(error: Mapping[str, Any]) -> str:
    """The innermost reason of an item's error: the outer ones quote the document."""
    while isinstance(error.get("caused_by"), dict):
        error = error["caused_by"]
    return f"{error.get('type')}: {str(error.get('reason'))[:200]}"


def _is_told(body: Any) -> bool:
    """Whether an error's body is one that Elasticsearch writes, and not the page of a proxy or another server."""
    return isinstance(body, dict) and "error" in body


def _reason(error: ApiError) -> str:
    if not _is_told(error.body):
        return f"status {error.status_code}"
    told = error.body["error"]
    return str(told.get("reason") if isinstance(told, dict) else told)[:500]
