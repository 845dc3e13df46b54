"""How we reach an Elasticsearch server: TLS that is checked, logins that may do what they must, secrets kept secret."""

from __future__ import annotations

import logging
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from search.indexes.elastic import ElasticsearchIndex
from search.indexes.elastic_server import ElasticsearchAddress
from search.indexes.index import IndexUnavailable
from search.language.query import parse
from search.outbox import deliver, waiting
from search.rebuild import rebuild
from search.records import Records
from tests.search.elasticsearch_server import ElasticsearchServer, opened, running_elasticsearch
from tests.search.material import page, record

KEY = "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="
"""The key of Elasticsearch's own documentation, which opens nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[ElasticsearchServer]:
    """One server with TLS and logins for the module."""
    with running_elasticsearch("--secure") as started:
        yield started


@pytest.fixture
def by_key(server: ElasticsearchServer) -> ElasticsearchAddress:
    """The server, signed in to as in production."""
    return replace(server.address, user="", password="", api_key=server.api_key)


@pytest.fixture
def client(server: ElasticsearchServer) -> Iterator[Elasticsearch]:
    """A client of the user that keys are made of."""
    address = server.address
    login = (address.user, address.password)
    with Elasticsearch(address.url, basic_auth=login, ca_certs=str(address.ca_file)) as opened:
        yield opened


def _key(client: Elasticsearch, indices: list[str], privileges: list[str]) -> dict[str, Any]:
    """A new API key that may do this and nothing else."""
    role = {"cluster": ["monitor"], "indices": [{"names": indices, "privileges": privileges}]}
    return client.security.create_api_key(name="thu", role_descriptors={"thu": role}).body


@pytest.mark.elasticsearch
def test_an_api_key_with_the_rights_in_the_readme_does_all_that_the_index_does(
    by_key: ElasticsearchAddress, sqlite_records: Records
) -> None:
    ids = [record(sqlite_records, page(f"https://vay-{number}.top/", minutes=number)).hit_id for number in range(3)]
    with opened(by_key) as index:
        assert deliver(sqlite_records, index) == 3
        assert index.search(parse("vay")).ids == tuple(reversed(ids))
        assert list(index.ids(parse("vay"))) == list(reversed(ids))
        assert rebuild(sqlite_records, index) == 3
        assert index.count() == 3
        index.clear()
        assert index.count() == 0


@pytest.mark.elasticsearch
def test_a_user_and_password_do_as_well(server: ElasticsearchServer, sqlite_records: Records) -> None:
    hit_id = record(sqlite_records).hit_id
    with opened(server.address) as index:
        index.clear()
        deliver(sqlite_records, index)
        assert index.search(parse("vay")).ids == (hit_id,)


@pytest.mark.elasticsearch
@pytest.mark.parametrize(
    ("indices", "privileges"),
    [(["khac*"], ["all"]), (["hits", "hits-v*"], ["read", "view_index_metadata"])],
    ids=["for other indices", "that may only read"],
)
def test_a_key_whose_rights_do_not_reach_is_refused_by_name_and_loses_nothing(
    by_key: ElasticsearchAddress,
    client: Elasticsearch,
    sqlite_records: Records,
    indices: list[str],
    privileges: list[str],
) -> None:
    with opened(by_key) as index:
        index.clear()
        record(sqlite_records)
        restricted = replace(by_key, api_key=_key(client, indices, privileges)["encoded"])
        said = r"the login may not do this \(action .* unauthorized for API key .*\); give it the rights on hits\*"
        with opened(restricted) as refused, pytest.raises(IndexUnavailable, match=said):
            deliver(sqlite_records, refused)
        assert waiting(sqlite_records)[0] == 1
        assert deliver(sqlite_records, index) == 1
        assert index.count() == 1


@pytest.mark.elasticsearch
def test_a_key_that_is_invalidated_while_in_use_is_refused_by_name_and_a_new_one_catches_up(
    by_key: ElasticsearchAddress, client: Elasticsearch, sqlite_records: Records
) -> None:
    made = _key(client, ["hits", "hits-v*"], ["read", "write", "maintenance", "manage"])
    with opened(replace(by_key, api_key=made["encoded"])) as index:
        index.clear()
        first = record(sqlite_records).hit_id
        assert deliver(sqlite_records, index) == 1
        client.security.invalidate_api_key(ids=[made["id"]], owner=True)
        second = record(sqlite_records, page("https://khac.top/", minutes=1)).hit_id
        with pytest.raises(IndexUnavailable, match=r"the login was refused .*; check api_key"):
            deliver(sqlite_records, index)
        with pytest.raises(IndexUnavailable, match="the login was refused"):
            index.search(parse("vay"))
    assert waiting(sqlite_records)[0] == 1
    with opened(by_key) as index:
        assert deliver(sqlite_records, index) == 1
        assert index.search(parse("vay")).ids == (second, first)


@pytest.mark.elasticsearch
def test_wrong_logins_and_wrong_schemes_are_named_without_the_secret(
    server: ElasticsearchServer,
    by_key: ElasticsearchAddress,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    sqlite_records: Records,
) -> None:
    caplog.set_level(logging.DEBUG)
    other = tmp_path / "other.pem"
    _certificate(other, "127.0.0.1")
    record(sqlite_records)
    for wrong, said in (
        (replace(server.address, password="bi-mat"), "the login was refused .*; check api_key, or user and password"),
        (replace(by_key, api_key=KEY), "the login was refused .*; check api_key, or user and password"),
        (replace(by_key, api_key=""), "the login was refused .*missing authentication"),
        (replace(by_key, alias="khac"), r"the login may not do this .*; give it the rights on khac\*"),
        (replace(by_key, ca_file=None), "certificate is not to be trusted .*local issuer.* authority in ca_file"),
        (replace(by_key, ca_file=other), "certificate is not to be trusted .*; name the server's authority in ca_file"),
        (replace(by_key, url=by_key.url.replace("https", "http"), ca_file=None), "cut .*; is .* it https://"),
    ):
        with opened(wrong) as index, pytest.raises(IndexUnavailable, match=said) as caught:
            deliver(sqlite_records, index)
        assert waiting(sqlite_records)[0] == 1
        told = _everything_told(caught.value) + repr(wrong) + repr(index.address)
        for secret in filter(None, (wrong.password, wrong.api_key)):
            assert secret not in told
            assert secret not in caplog.text
    with opened(by_key) as index:
        index.clear()
        assert deliver(sqlite_records, index) == 1


@pytest.mark.elasticsearch
def test_https_to_a_server_without_tls_is_named(elasticsearch_server: ElasticsearchServer) -> None:
    url = elasticsearch_server.address.url.replace("http", "https")
    with opened(ElasticsearchAddress(url)) as index, pytest.raises(IndexUnavailable, match=r"no TLS .* is it http://"):
        index.count()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_of_a_trusted_authority_for_another_host_is_refused(tmp_path: Path, host: str) -> None:
    """By name and by address: whoever holds some certificate of the authority is not the server."""
    certificate = tmp_path / "other-host.pem"
    _certificate(certificate, "10.9.8.7", "khac.example")
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    address = ElasticsearchAddress(f"https://{host}:{listening.server_port}", api_key=KEY, ca_file=certificate)
    with opened(address) as index, pytest.raises(IndexUnavailable, match="certificate is not to be trusted"):
        index.count()
    assert asked == []
    listening.shutdown()
    listening.server_close()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"url": "http://es.tinh.example:9200", "api_key": KEY}, "http:// would send the login .*; write https://"),
        ({"url": "http://10.0.0.5:9200", "user": "an", "password": "bi-mat"}, "http:// would send the login"),
        ({"url": "http://127.0.0.1.evil.example:9200", "api_key": KEY}, "http:// would send the login"),
        ({"url": "https://an:bi-mat@10.0.0.5:9200"}, "URL holds a login, .*; write it as user and password"),
        ({"url": "https://10.0.0.5:9200", "api_key": f"{KEY}\n"}, "api_key holds what no key does"),
        ({"url": "https://10.0.0.5:9200", "api_key": "khóa"}, "api_key holds what no key does"),
        ({"url": "http://10.0.0.5:9200", "ca_file": Path("/etc/hosts")}, "http:// checks no certificate"),
        ({"url": "https://10.0.0.5:9200", "ca_file": Path("/etc/hosts")}, "/etc/hosts: holds no certificate"),
        ({"url": "https://10.0.0.5:9200", "ca_file": Path("/khong/co")}, "/khong/co: cannot be read: No such file"),
        ({"url": "no address"}, "no address: this is no server's URL; write https://host:9200"),
        ({"url": "https://10.0.0.5"}, "this is no server's URL; write https://host:9200"),
        ({"url": "ftp://10.0.0.5:9200"}, "this is no server's URL; write https://host:9200"),
    ],
)
def test_an_address_that_cannot_be_or_gives_secrets_away_is_refused_before_anything_is_sent(
    parts: dict[str, Any], said: str
) -> None:
    address = ElasticsearchAddress(**parts)
    with pytest.raises(IndexUnavailable, match=said) as caught:
        ElasticsearchIndex(address)
    told = _everything_told(caught.value) + repr(address).replace(address.url, "")
    assert "bi-mat" not in told
    assert KEY not in told


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"])
def test_a_login_may_go_unencrypted_to_this_machine_alone(host: str) -> None:
    with opened(ElasticsearchAddress(f"http://{host}:9200", api_key=KEY)) as index:
        assert index.name.startswith("hits-v")


def _everything_told(error: BaseException) -> str:
    """The words of an error and of all that it was raised from, as a traceback would show them."""
    told, current = "", error.__cause__
    while current is not None:
        told, current = f"{told}\n{current!r} {current}", current.__cause__ or current.__context__
    return f"{error!r} {error}{told}"


def _certificate(file: Path, *names: str) -> None:
    """A self-signed certificate for these hosts, with its key."""
    assert shutil.which("openssl"), "apt-get install openssl"
    kinds = [f"{'IP' if name[0].isdigit() else 'DNS'}:{name}" for name in names]
    order = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={names[0]}"]
    extension = ["-addext", f"subjectAltName={','.join(kinds)}"]
    done = subprocess.run([*order, *extension, "-keyout", "-", "-out", "-"], capture_output=True, check=True)
    file.write_bytes(done.stdout)
