"""Starts a server for developers: `python webapp/commands/dev.py PORT`.

It is run by its path and imports nothing of ours, so that it goes on while the app cannot be imported.
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import click
from flask.cli import cli
from werkzeug.serving import is_running_from_reloader

ROOT = Path(__file__).parents[2]
# Folders with files that Python does not import; the server starts anew when one of them changes.
WATCHED = ("webapp/static", "webapp/partials", "webapp/templates", "webapp/languages", "own")
# Pages that are there for developers alone.
PAGES = {
    "/styleguide": "every part of the pages in each of its states",
    "/outbox": "what was mailed",
}
# Where mail goes if no relay is set, in the instance folder.
MAIL = "mail"


def main(port: str) -> None:
    """Serve on 127.0.0.1 until Ctrl+C; exit as a shell has it for a program that Ctrl+C ended."""
    # Ignored while Python started.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt, click.Abort):
            _serve(port)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    sys.exit(128 + signal.SIGINT)


def _serve(port: str) -> None:
    sys.path[0] = str(ROOT)
    os.environ.setdefault("LATCHKEY_MAIL_URL", f"folder:{os.environ.get('LATCHKEY_INSTANCE') or 'instance'}/{MAIL}")
    if not is_running_from_reloader():
        for path, shows in PAGES.items():
            click.echo(f"http://127.0.0.1:{port}{path} shows {shows}.")
    options = ["--port", port, "--extra-files", os.pathsep.join(_watched())]
    cli.main(["--app", "webapp", "run", "--debug", *options], standalone_mode=False)


def _watched() -> list[str]:
    files = (path for folder in WATCHED for path in (ROOT / folder).rglob("*") if path.is_file())
    return [str(path) for path in files if path.suffix != ".pyc"]


if __name__ == "__main__":
    main(*sys.argv[1:])
