"""The gateway: what the browser asks of it, spelled byte by byte, and what it lets through."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.gateway import FAILURE_HEADER, Gateway
from crawler.guard import UrlGuard
from tests.crawler.site import Request, Site

MAX_BYTES = 200_000


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    guard = UrlGuard(allow_private_addresses=False, host_overrides={"*.test": "127.0.0.1"})
    async with Gateway(guard, connect_seconds=2, max_bytes=MAX_BYTES) as opened:
        yield opened


async def ask(gateway: Gateway, request: bytes) -> bytes:
    """What comes back for these bytes, to the end of the connection."""
    host, _, port = gateway.address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(-1), 10)
    finally:
        writer.close()


def get(url: str, *fields: str) -> bytes:
    host = url.partition("://")[2].partition("/")[0]
    return "\r\n".join([f"GET {url} HTTP/1.1", f"Host: {host}", *fields, "", ""]).encode()


async def test_a_plain_request_goes_on_as_the_server_wants_it(gateway: Gateway, web: Site) -> None:
    url = web.page("plain.test", "/a", "xin chào", headers={"Keep-Alive": "timeout=5"})
    answer = await ask(gateway, get(f"{url}?b=1&c", "Proxy-Connection: keep-alive", "Cookie: d=e"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body.decode() == "xin chào"
    assert b"Connection: close" in head
    assert b"Keep-Alive" not in head
    seen = web.seen[-1]
    assert seen.path == "/a?b=1&c"
    assert seen.headers["Cookie"] == "d=e"
    assert "Proxy-Connection" not in seen.headers


async def test_a_body_goes_along_and_a_second_request_does_not(gateway: Gateway, web: Site) -> None:
    def echo(request: Request) -> None:
        request.answer(request.rfile.read(int(request.headers["Content-Length"])))

    url = web.on("echo.test", "/", echo)
    second = get(web.page("second.test", "/", "hai"))
    answer = await ask(gateway, get(url, "Content-Length: 4") + b"b\x00dy" + second)
    assert answer.endswith(b"\r\n\r\nb\x00dy")
    assert not web.paths("second.test")


async def test_a_tunnel_carries_bytes_both_ways(gateway: Gateway, web: Site) -> None:
    web.page("tunnel.test", "/", "trong hầm")
    host, _, port = gateway.address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"CONNECT tunnel.test:{web.port} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nHost: tunnel.test\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        assert (await reader.readexactly(len("trong hầm".encode()))).decode() == "trong hầm"
    writer.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]", "169.254.169.254", "0.0.0.0"])
@pytest.mark.parametrize("is_tunnel", [False, True])
async def test_the_inside_is_out_of_reach(gateway: Gateway, web: Site, host: str, is_tunnel: bool) -> None:
    asked = f"CONNECT {host}:{web.port} HTTP/1.1\r\n\r\n".encode() if is_tunnel else get(f"http://{host}:{web.port}/s")
    before = len(web.seen)
    answer = await ask(gateway, asked)
    assert answer.startswith(b"HTTP/1.1 502")
    assert f"{FAILURE_HEADER}: address_refused".encode() in answer
    assert len(web.seen) == before
    assert gateway.failures[-1].kind == "address_refused"


async def test_what_cannot_be_reached_has_a_name(gateway: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert f"{FAILURE_HEADER}: connection_refused".encode() in await ask(gateway, get(f"http://dead.test:{port}/"))
    assert f"{FAILURE_HEADER}: unresolved_host".encode() in await ask(gateway, get("http://khong-co.invalid/"))


async def test_a_connection_brings_only_so_much(gateway: Gateway, web: Site) -> None:
    def endless(request: Request) -> None:
        request.start()
        while True:
            request.wfile.write(b"x" * 10_000)

    answer = await ask(gateway, get(web.on("endless.test", "/", endless)))
    assert len(answer) < MAX_BYTES * 2


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
        b"GET ftp://a.test/ HTTP/1.1\r\n\r\n",
        b"GET https://a.test/ HTTP/1.1\r\n\r\n",
        b"GET http://[sai/ HTTP/1.1\r\n\r\n",
        b"CONNECT a.test:99999 HTTP/1.1\r\n\r\n",
        b"POST http://a.test/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET http://a.test/ HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
    ],
)
async def test_what_is_no_request_to_a_proxy_is_refused(gateway: Gateway, request_: bytes) -> None:
    assert (await ask(gateway, request_)).startswith(b"HTTP/1.1 502")


async def test_a_head_without_end_ends(gateway: Gateway) -> None:
    assert await ask(gateway, b"GET http://a.test/ HTTP/1.1\r\n" + b"X: y\r\n" * 100_000) == b""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=200))
async def test_no_bytes_stop_it(gateway: Gateway, web: Site, junk: bytes) -> None:
    await ask(gateway, junk.replace(b"127", b"x") + b"\r\n\r\n")
    url = web.page("still.test", "/", "còn đây")
    assert (await ask(gateway, get(url))).endswith("còn đây".encode())


async def test_it_listens_on_loopback_alone_and_only_while_it_is_open() -> None:
    guard = UrlGuard(allow_private_addresses=False, host_overrides={})
    gateway = Gateway(guard, connect_seconds=1, max_bytes=1)
    with pytest.raises(RuntimeError):
        _ = gateway.address
    async with gateway:
        assert gateway.address.startswith("127.0.0.1:")
        address = gateway.address
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*address.split(":"))
