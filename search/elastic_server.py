"""The Elasticsearch server: how it is reached, which versions we speak to, and what its errors mean in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import elasticsearch
from elasticsearch import ApiError, Elasticsearch, TransportError

from search.index import IndexUnavailable

BUSY: Final = frozenset({429, 502, 503, 504})
"""Statuses of a server that will take later what it does not take now."""


@dataclass(frozen=True, slots=True)
class ElasticsearchAddress:
    """Where the server is and how to sign in: by `api_key`, else by `user` and `password`, else not at all.

    `ca_file` holds the certificate authority of the server, where that is not one of the system's.
    """

    url: str
    api_key: str = ""
    user: str = ""
    password: str = ""
    ca_file: Path | None = None
    alias: str = "hits"
    replicas: int = 0
    timeout_seconds: float = 30


def connect(address: ElasticsearchAddress) -> Elasticsearch:
    """A client of the server; nothing is sent yet. Raises IndexUnavailable when the address cannot be one."""
    options: dict[str, Any] = {"request_timeout": address.timeout_seconds, "max_retries": 0}
    if address.api_key:
        options["api_key"] = address.api_key
    elif address.user:
        options["basic_auth"] = (address.user, address.password)
    if address.ca_file is not None:
        options["ca_certs"] = str(address.ca_file)
    try:
        return Elasticsearch(address.url, **options)
    except (ValueError, OSError) as error:
        raise IndexUnavailable(f"{address.url}: {error}; write https://host:9200 and a readable ca_file") from error


def check_version(client: Elasticsearch) -> None:
    """Raises IndexUnavailable when the server is of a version that we do not speak to."""
    try:
        version = str(client.info()["version"]["number"])
    except ApiError as error:
        if error.status_code != 405:  # the minimal distribution has no such page
            raise
        (node,) = client.nodes.info(node_id="_local", filter_path="nodes.*.version")["nodes"].values()
        version = str(node["version"])
    if version.split(".")[0] != "8":
        raise IndexUnavailable(f"the server is Elasticsearch {version}; this program speaks to version 8")


def explain(error: Exception, alias: str) -> str:
    """What is wrong with the server, and the way out."""
    if isinstance(error, elasticsearch.UnsupportedProductError):
        return "what answers there is not Elasticsearch"
    if isinstance(error, TransportError):
        causes = "".join(f" ({cause})" for cause in error.errors[:1])
        return f"{error.message}{causes}; is the server up, and the address right?"
    if not isinstance(error, ApiError):
        return str(error)
    reason = _reason(error)
    if error.status_code == 401:
        return f"the login was refused ({reason}); check api_key, or user and password"
    if error.status_code == 403 and "block" in reason:
        return f"the server takes no writes ({reason}); give its disk space"
    if error.status_code == 403:
        return f"the login may not do this ({reason}); give it all rights on {alias}*"
    if error.status_code == 404:
        return f"{reason}; build it anew with `luoitroi index rebuild`"
    if error.status_code in BUSY:
        return f"the server is too busy ({reason}); trying later"
    return f"{reason}; see `luoitroi doctor`"


def cause(error: Mapping[str, Any]) -> str:
    """The innermost reason of an item's error: the outer ones quote the document."""
    while isinstance(error.get("caused_by"), dict):
        error = error["caused_by"]
    return f"{error.get('type')}: {str(error.get('reason'))[:200]}"


def _reason(error: ApiError) -> str:
    body = error.body
    told = body.get("error") if isinstance(body, dict) else body
    return str(told.get("reason") if isinstance(told, dict) else told)[:500]
