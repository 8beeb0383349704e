"""The command that starts the server."""

import errno
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from webapp.accounts import roles
from webapp.brand.logo import LEAST_ICON
from webapp.config import BadSetting, settings
from webapp.database import database
from webapp.metrics import folder
from webapp.server import connections
from webapp.server.stop import StopListener, handle_in_workers, restore

if TYPE_CHECKING:
    from granian.server.common import AbstractServer

# Connections that the system holds until a process takes them: as many as most systems allow (net.core.somaxconn).
WAITING = 4096
# How long a request that is under way may take to finish at shut-down, in seconds.
FAREWELL = 15
HEADER_MILLISECONDS = 10_000
# As much as Node takes; each connection may make the server keep twice that.
MOST_HEADER_BYTES = 16 * 1024
# As a shell has it for a program that Ctrl+C ended. `just` adds a line of its own to any other.
INTERRUPTED = 128 + signal.SIGINT
# Before a start anew, in seconds: workers that fail at every start must not keep a core busy.
PAUSE = 2

LOGS = {
    "handlers": {"ours": {"()": "webapp.server.logs.handler"}},
    "loggers": {"_granian": {"handlers": ["ours"], "propagate": False}},
}

log = logging.getLogger("latchkey")


@click.command()
@with_appcontext
def serve() -> None:
    """Start the server."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    # Ignored while Python started.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    given = settings()
    _check_port(given.address, given.port)
    _share_metrics(given.instance, given.port)
    most = connections.most(given.threads)
    _welcome()
    _warn(most)
    database().close()
    server = Granian(
        "webapp.asgi:front_door",
        factory=True,
        interface=Interfaces.ASGI,
        address=given.address,
        port=given.port,
        workers=given.workers,
        backlog=WAITING,
        # Not requests: accepted connections, in each process.
        backpressure=most,
        websockets=False,
        # A connection that may yet turn out to speak HTTP/2 has no time limit; a proxy in front speaks HTTP/1 to us.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=MOST_HEADER_BYTES),
        workers_kill_timeout=FAREWELL,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        # Its lines look as ours.
        log_dictconfig=LOGS,
    )
    _run(server)


def _run(server: "AbstractServer[Any]") -> None:
    """Serve until a stop, after which what is under way is done; start anew if granian gives its workers up."""
    handle_in_workers()
    listener = StopListener(server.signal_handler_interrupt)
    listener.start()
    try:
        server.serve()
    except SystemExit:
        # There granian lists the workers that ended by themselves; any other exit is meant.
        if not server.interrupt_children:
            raise
    if not listener.heard:
        _start_anew(listener)
    sys.exit(INTERRUPTED if listener.heard == signal.SIGINT else 0)


def _start_anew(listener: StopListener) -> None:
    """Put a new server in the place of this one, in the same process; return if a stop comes before.

    granian ends if a worker ends within 5.5 s of its start in the place of another. No setting of its own avoids that.
    """
    log.error(
        "a worker ended twice within seconds, so the server starts anew in %s s; if this repeats, look for the reason"
        " in the lines above and in the system's log, which tells of a lack of memory",
        PAUSE,
    )
    if listener.waits(PAUSE):
        return
    restore()
    if not listener.heard:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


def _check_port(address: str, port: int) -> None:
    """Raise BadSetting if the port is in use: two servers started by mistake would share it and answer in turns."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise BadSetting("HOST", f"is {address[:80]}, which is no address of this machine") from error
        told = f"is {port}, which cannot be had on {address}: {error.strerror}."
        raise BadSetting("PORT", f"{told} Set another: LATCHKEY_PORT={port % 65535 + 1}") from error


def _share_metrics(instance: Path, port: int) -> None:
    try:
        folder.share(instance, port)
    except OSError as error:
        raise BadSetting("INSTANCE", f"has no room for metrics: {error}") from error


def _welcome() -> None:
    given = settings()
    here = f", listening on {given.host} port {given.port}" if given.public_url else ""
    click.echo(f"{given.name} is at {given.origin}{here} - stop it with Ctrl+C.")
    if not roles.has_admin(database()):
        click.echo("It has no admin yet: sign up there, then run  ./just admin YOUR@EMAIL.ADDRESS  beside this.")


def _warn(most: int) -> None:
    if not settings().logo.fits_icon:
        click.echo(
            f"LATCHKEY_LOGO is no square of {LEAST_ICON} pixels or more, so Chromium installs the site as no app.",
            err=True,
        )
    given = settings()
    if given.mail_url and not given.mail_url.folder and not given.public_url:
        click.echo(f"LATCHKEY_PUBLIC_URL is not set, so the links in mails lead to {given.origin}.", err=True)
    if most < connections.MOST:
        click.echo(
            f"This system lets a process open few files (`ulimit -Hn`), so each holds {most} connections at once"
            f" instead of {connections.MOST}.",
            err=True,
        )
