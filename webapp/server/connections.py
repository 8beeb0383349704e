"""How many connections a server process holds, and when it hangs up on whoever takes no answer."""

import asyncio
import os
import resource
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress

# 10,000 that say nothing leave room for others even where they all reach one process; each costs it 5 KiB, and is hung
# up on after 10 s. Whoever comes when all are taken waits for one of those.
MOST = 12_000
# The program's own files, and what each thread may hold for the database and a download.
OWN_FILES, THREAD_FILES = 100, 4
# Nobody may ask for much, read nothing of it, and so hold a connection for good.
UNREAD_MILLISECONDS = 30_000
# How much of an answer the system keeps for whoever has not read it yet; left alone it takes up to 4 MiB for each.
UNREAD_BYTES = 128 * 1024


def most(threads: int) -> int:
    """How many one process may hold within the hard limit on its open files, which granian makes the soft one."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if files == resource.RLIM_INFINITY:
        return MOST
    return max(1, min(MOST, files - OWN_FILES - threads * THREAD_FILES))


async def bound_unread() -> None:
    """Bound what is kept for a client that does not read, as soon as the server listens.

    granian opens the socket itself and hands it to nobody; what is set on it, each connection inherits.
    """
    while not (found := list(_listening())):
        await asyncio.sleep(0.001)
    for listening in found:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BYTES)
        # macOS has none.
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
        listening.close()


def _listening() -> Iterator[socket.socket]:
    """This process's sockets that listen, each as a copy to be closed."""
    for descriptor in map(int, os.listdir("/dev/fd")):
        # The list held the folder itself too, which is closed by now.
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                copy = socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM)
                if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    yield copy
                else:
                    copy.close()
