"""Ctrl-C in the terminal in which a server runs: it ends without a line that looks like an error."""

import os
import re
import select
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.server import ROOT, free_port

OURS, INSTALLED = [str(ROOT / "just")], [str(ROOT / ".venv/bin/just"), "--justfile", str(ROOT / "justfile")]
# What each says when it serves.
READY = {"run": "run  ./just admin", "dev": "Debugger PIN", "demo": "stop it with"}


class Terminal:
    """A command in a terminal of its own; `text` is what it has shown there."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.text = ""
        self._screen, keyboard = os.openpty()
        given = {"stdin": keyboard, "stdout": keyboard, "stderr": keyboard}
        self.process = subprocess.Popen(["setsid", "--ctty", *command], env=environment, **given)
        os.close(keyboard)

    def wait_for(self, words: str) -> None:
        while words not in self.text:
            assert self._read(), self.text

    def press_ctrl_c(self) -> tuple[str, int]:
        """What the command still says until it has ended, and its exit code."""
        before = len(self.text)
        os.write(self._screen, b"\x03")
        while self._read():
            pass
        return self.text[before:], self.process.wait()

    def close(self) -> None:
        """Hang up on a command that still runs."""
        os.close(self._screen)
        self.process.wait()

    def _read(self) -> bool:
        """Whether there is more to read; a terminal without a program is an error to read from."""
        assert select.select([self._screen], [], [], 60)[0], self.text
        with suppress(OSError):
            self.text += (read := os.read(self._screen, 65536).decode())
            return read != ""
        return False


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start a command in a terminal.

    What is missing is installed before: whoever hangs up on an install has the environment made anew.
    """
    subprocess.run([*OURS, "--version"], check=True, capture_output=True)
    started: list[Terminal] = []

    def start(*command: str) -> Terminal:
        started.append(Terminal([*command], os.environ | _settings(tmp_path)))
        return started[-1]

    yield start
    for each in started:
        each.close()


def _settings(instance: Path) -> dict[str, str]:
    return {"LATCHKEY_INSTANCE": str(instance), "LATCHKEY_PORT": str(free_port())}


@pytest.mark.parametrize("just", [OURS, INSTALLED], ids=["ours", "installed"])
@pytest.mark.parametrize("recipe", READY)
def test_it_ends_without_an_error_line(terminal: Callable[..., Terminal], just: list[str], recipe: str) -> None:
    started = terminal(*just, recipe)
    started.wait_for(READY[recipe])
    said, code = started.press_ctrl_c()
    assert (re.sub(r"\s|\^C", "", said), code) == ("", 130)


def test_dev_says_where_the_pages_for_developers_are(terminal: Callable[..., Terminal]) -> None:
    started = terminal(*OURS, "dev")
    started.wait_for("/outbox shows what was mailed.")
    assert "/styleguide shows every part of the pages in each of its states." in started.text
    assert re.match(r"http://127\.0\.0\.1:\d+/styleguide shows", started.text)
    started.press_ctrl_c()
