"""Thousands of clients that mean no good, in a process of their own: `python -m tests.crowd PORT KIND=COUNT …`.

It prints a line when all are there, and when the server has hung up on each, what each kind heard and when.
"""

import json
import resource
import selectors
import socket
import sys
import time

FIRST_WORDS = {
    "silent": b"",
    "kept": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "slow head": b"GET /login HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
    "slow body": b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n",
}
# Each goes on for so long, a byte a second.
PATIENCE = 20.0


class Client:
    def __init__(self, port: int, kind: str) -> None:
        self.kind, self.heard, self.came, self.left = kind, b"", time.monotonic(), 0.0
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(FIRST_WORDS[kind])
        if kind == "kept":
            self.heard = self.socket.recv(65536)
        self.socket.setblocking(False)

    def listen(self) -> None:
        try:
            piece = self.socket.recv(65536)
        except ConnectionError:
            piece = b""
        self.heard += piece
        if not piece:
            self.left = time.monotonic()

    def drip(self) -> None:
        if self.kind.startswith("slow"):
            try:
                self.socket.send(b"a")
            except OSError:
                return


def main(port: int, counts: dict[str, int]) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    clients = [Client(port, kind) for kind, count in counts.items() for _ in range(count)]
    print("all are there", flush=True)
    _stay(clients, time.monotonic() + PATIENCE)
    print(json.dumps({kind: _told([client for client in clients if client.kind == kind]) for kind in counts}))


def _stay(clients: list[Client], end: float) -> None:
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        drip_at = time.monotonic() + 1
        while selector.get_map() and time.monotonic() < end:
            for key, _ in selector.select(0.2):
                key.data.listen()
                if key.data.left:
                    selector.unregister(key.fileobj)
            if time.monotonic() > drip_at:
                drip_at += 1
                for key in list(selector.get_map().values()):
                    key.data.drip()


def _told(clients: list[Client]) -> dict[str, object]:
    seconds = [client.left - client.came for client in clients]
    return {"first": min(seconds), "last": max(seconds), "heard": sorted({c.heard[9:12].decode() for c in clients})}


if __name__ == "__main__":
    main(int(sys.argv[1]), {kind: int(count) for kind, count in (word.split("=") for word in sys.argv[2:])})
