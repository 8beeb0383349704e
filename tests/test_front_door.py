"""The front door: what it makes of requests that are malformed, too large, too slow, or never end."""

import re
import socket
import time
from pathlib import Path

import pytest

from tests.fixtures import awaited
from tests.server import Server
from webapp.server import connections

HOST = b"Host: localhost\r\n"
CLOSE = HOST + b"Connection: close\r\n"
FORM = HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = b"POST /signup/email HTTP/1.1\r\n" + FORM + b"Transfer-Encoding: chunked\r\n"
# Nobody asked for it: where it is answered, a body was taken for a request.
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"


def _get(path: bytes, headers: bytes = HOST) -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + headers + b"\r\n"


def _post(path: bytes, body: bytes, headers: bytes = FORM) -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\n" + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _statuses(heard: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d+) ", heard)]


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (b"GET /login HTTP/1.1\r\nno colon\r\n" + CLOSE + b"\r\n", [400]),
        (b"GET /login HTTP/1.1\r\nX: a\0b\r\n" + CLOSE + b"\r\n", [400]),
        (b"GET /login HTTP/1.1\r\nX : a\r\n" + CLOSE + b"\r\n", [400]),
        (b"GET /login HTTP/1.1\r\nX: a\rY: b\r\n" + CLOSE + b"\r\n", [400]),
        (b"GET /login HTTP/1.1\r\nX: a\r\n folded\r\n" + CLOSE + b"\r\n", [400]),
        (_get(b"/log\0in", CLOSE), [400]),
        (_get(b"/log%00in", CLOSE), [404]),
        (_get(b"/%ff%fe", CLOSE), [404]),
        (_get(b"/login?next=%ff", CLOSE), [200]),
        (_get(b"/login?next=\xc3\xa9", CLOSE), [200]),
        (_get(b"/login", b"Host: evil.example\r\nConnection: close\r\n"), [400]),
        (_get(b"/login", CLOSE + b"Host: evil.example\r\n"), [400]),
        (_get(b"/login", CLOSE + b"Cookie: session=\xff\xfe\r\n"), [200]),
        (_get(b"/login", CLOSE + b"Cookie: a=b\r\nCookie: visitor=\x80\r\n"), [200]),
        (_get(b"/login", CLOSE + b"X_Forwarded_For: 1.2.3.4\r\n"), [200]),
        (_get(b"http://localhost/login", CLOSE), [200]),
        (_get(b"/login", b"Connection: close\r\n"), [400]),
        (b"GET /login HTTP/1.0\r\n\r\n", [400]),
        (b"GET /login HTTP/1.0\r\n" + HOST + b"\r\n", [200]),
        (b"GET /login\r\n", [400]),
        (b"GET /login HTTP/2.0\r\n" + HOST + b"\r\n", [400]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", []),
        (bytes.fromhex("16030100f8010000f40303") + b"\x9c" * 240, [400]),
        (b"BREW /login HTTP/1.1\r\n" + CLOSE + b"\r\n", [405]),
        (b"TRACE /login HTTP/1.1\r\n" + CLOSE + b"\r\n", [405]),
        (b"CONNECT localhost:22 HTTP/1.1\r\n" + CLOSE + b"\r\n", [404]),
        (b"OPTIONS * HTTP/1.1\r\n" + CLOSE + b"\r\n", [404]),
        (_get(b"/login", CLOSE + b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"), [200]),
        (_get(b"/" + b"a" * 100_000), [431]),
        (_get(b"/login", HOST + b"".join(b"X-%d: a\r\n" % number for number in range(10_000))), [431]),
        (_get(b"/login", HOST + b"Cookie: a=" + b"a" * 20_000 + b"\r\n"), [431]),
        (_get(b"/login", CLOSE + b"Cookie: a=" + b"a" * 8_000 + b"\r\n"), [200]),
    ],
)  # fmt: skip
def test_strange_requests_get_an_answer(server: Server, sent: bytes, statuses: list[int]) -> None:
    assert _statuses(server.talk(sent)) == statuses
    assert "Traceback" not in server.log


@pytest.mark.parametrize(
    "length", [b"-1", b"+5", b"1" + b"0" * 30, b"5, 5", b"0x5", b"", b"\xb2", b"5\r\nContent-Length: 6"]
)
def test_a_length_that_is_none_is_refused(server: Server, length: bytes) -> None:
    head = b"POST /login HTTP/1.1\r\n" + FORM + b"Content-Length: " + length + b"\r\n\r\n"
    assert _statuses(server.talk(head + b"email" + SMUGGLED)) == [400]


@pytest.mark.parametrize(
    "coding", [b"chunked, gzip", b"xchunked", b"\x0bchunked", b"chunked\r\nTransfer-Encoding: identity"]
)
def test_a_coding_that_has_no_end_is_refused(server: Server, coding: bytes) -> None:
    head = b"POST /login HTTP/1.1\r\n" + FORM + b"Transfer-Encoding: " + coding + b"\r\n\r\n"
    assert _statuses(server.talk(head + b"0\r\n\r\n" + SMUGGLED)) == [400]


@pytest.mark.parametrize("length", [b"5", b"100"])
def test_two_lengths_end_the_connection(server: Server, length: bytes) -> None:
    """A proxy that believes the other one would give the next person's answer to an attacker (RFC 9112 6.3)."""
    head = CHUNKED + b"Content-Length: " + length + b"\r\n\r\n"
    assert _statuses(server.talk(head + b"0\r\n\r\n" + SMUGGLED)) == [200]


@pytest.mark.parametrize(
    "chunks",
    [b"zz\r\nabc\r\n", b"-1\r\nabc\r\n", b"f" * 18 + b"\r\nabc\r\n", b"3\r\nabcX", b"1;" + b"a" * 2**20 + b"\r\na\r\n"],
)
def test_chunks_that_are_none_are_refused_in_our_look(server: Server, chunks: bytes) -> None:
    heard = server.talk(CHUNKED + b"\r\n" + chunks + b"0\r\n\r\n" + SMUGGLED)
    assert _statuses(heard) == [400] and b"<h1>Bad request</h1>" in heard


def test_a_chunked_form_is_read(server: Server) -> None:
    heard = server.talk(CHUNKED + b"Connection: close\r\n\r\n7\r\nemail=x\r\n0\r\n\r\n")
    assert b"name@example.com." in heard


@pytest.mark.parametrize("size", [65 * 1024, 900 * 1024, 64 * 1024 * 1024])
def test_a_body_that_is_too_large_is_refused_in_our_look(server: Server, size: int) -> None:
    answer = server.ask("POST", "/login", b"a" * size)
    assert answer.status == 413 and b"<h1>Too large</h1>" in answer.text


def test_over_htmx_it_is_refused_above_the_form_that_was_sent(server: Server) -> None:
    answer = server.ask("POST", "/login", b"a" * 65 * 1024, HX_Request="true")
    assert answer.status == 413 and answer.headers["HX-Reswap"] == "none"
    assert b"That was more than this form takes" in answer.text and b"<h1>" not in answer.text


def test_whoever_asks_before_sending_too_much_is_refused_at_once(server: Server) -> None:
    head = b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 110000\r\nExpect: 100-continue\r\n\r\n"
    assert _statuses(server.talk(head)) == [413]
    assert _statuses(server.talk(head + SMUGGLED * 2500)) == [413]


def test_requests_in_one_packet_are_answered_in_their_order(server: Server) -> None:
    sent = [_get(b"/login?next=/%d" % n) if n % 2 else _post(b"/signup/email", b"email=%d" % n) for n in range(49)]
    heard = server.talk(b"".join(sent) + _get(b"/healthz", CLOSE))
    assert _statuses(heard) == [200] * 50
    assert re.findall(rb'action="/login\?next=/(\d+)"', heard) == [b"%d" % number for number in range(1, 49, 2)]
    assert [b"<form" in answer for answer in heard.split(b"HTTP/1.1 ")[1:-1]] == [bool(n % 2) for n in range(49)]


def test_a_refused_body_is_never_read_as_requests(server: Server) -> None:
    large = SMUGGLED * 2000
    chunked = b"%x\r\n" % len(large) + large + b"\r\n0\r\n\r\n"
    sent = _get(b"/healthz") + _post(b"/login", large) + CHUNKED + b"\r\n" + chunked + _get(b"/healthz", CLOSE)
    assert _statuses(server.talk(sent)) == [200, 413, 413, 200]
    endless = b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 500000000\r\n\r\n"
    assert _statuses(server.talk(endless + large)) == [413]


def test_a_client_that_is_gone_for_writing_harms_nobody(server: Server) -> None:
    for sent in (b"", _get(b"/login"), _get(b"/login")[:-2], _post(b"/signup/email", b"email=x")[:-1]):
        with server.connect() as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            assert set(_statuses(connection.recv(65536))) <= {200, 400}
    assert server.ask("GET", "/healthz").status == 200 and "Traceback" not in server.log


def test_whoever_reads_nothing_makes_the_server_keep_little(server: Server) -> None:
    # A client that comes in the first millisecond finds no bound yet.
    assert server.ask("GET", "/healthz").status == 200
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        last = time.monotonic()
        while time.monotonic() < last + 1 or not _unread(connection):
            assert time.monotonic() < last + 30, "nothing was answered"
            try:
                connection.send(_get(b"/login") * 100)
                last = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
        assert _unread(connection) < 4 * connections.UNREAD_BYTES


def _unread(connection: socket.socket) -> int:
    """Bytes of answers that the system keeps for the client at this end of the connection."""
    # Other connections, the database's for one, may have the same port at one of their ends.
    ends = [f":{address[1]:04X}" for address in (connection.getpeername(), connection.getsockname())]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if [local[-5:], remote[-5:]] == ends:
            return int(queues.partition(":")[0], 16)
    raise AssertionError("no such connection")


def test_whoever_reads_nothing_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "UNREAD_MILLISECONDS", 500)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        awaited(connections.bound_unread())
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            accepted.settimeout(10)
            with pytest.raises(TimeoutError, match="Connection timed out"):
                accepted.sendall(b"a" * 10**8)
