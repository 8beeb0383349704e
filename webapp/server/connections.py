"""How many connections a server process holds, and when it hangs up on a client that reads no answer."""

import asyncio
import os
import resource
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress

# Even if 10,000 silent connections all reach one process, others have room; each costs it 5 KiB and is closed after
# 10 s. When all are taken, a new client waits for one of those to close.
MOST = 12_000
# Open files of the program itself, with the few threads that only read, and of each other thread, for the database and
# a download.
OWN_FILES, THREAD_FILES = 100, 4
# A client that asks for much and reads nothing must not hold a connection forever.
UNREAD_MILLISECONDS = 30_000
# How much of an unread answer the system keeps for a client; its own limit is up to 4 MiB for each.
UNREAD_BYTES = 128 * 1024


def most(threads: int) -> int:
    """How many connections a process may hold within its hard limit of open files, which granian makes the soft one."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if files == resource.RLIM_INFINITY:
        return MOST
    return max(1, min(MOST, files - OWN_FILES - threads * THREAD_FILES))


async def bound_unread() -> None:
    """Bound what is kept for a client that does not read, as soon as the server listens.

    granian opens the socket itself and does not hand it out; each connection inherits what is set on it.
    """
    while not (found := list(_listening())):
        await asyncio.sleep(0.001)
    for listening in found:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BYTES)
        # macOS has no TCP_USER_TIMEOUT.
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
        listening.close()


def _listening() -> Iterator[socket.socket]:
    """Yield a copy of each listening socket of this process; the caller closes it."""
    for descriptor in map(int, os.listdir("/dev/fd")):
        # The list also holds the descriptor of the folder itself, which is closed by now.
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                copy = socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM)
                if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    yield copy
                else:
                    copy.close()
