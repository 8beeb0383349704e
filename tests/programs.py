"""Makes sure that the machine has the programs that the tests drive: `python -m tests.programs`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

UNPACKED = Path(__file__).parent.parent / ".venv/nginx"


def main() -> None:
    if not (chromium() or _get_chromium()):
        sys.exit("The tests drive a real Chromium, and none could be installed: install Chromium or Google Chrome.")
    there = {
        "lynx": shutil.which("lynx") or apt_install("lynx"),
        "openssl": shutil.which("openssl") or apt_install("openssl"),
        "nginx": nginx() or _unpack_nginx(),
    }
    for program, is_there in there.items():
        if not is_there and os.environ.get("CI") == "true":
            sys.exit(f"In CI the tests drive {program} too, and it could not be installed: install {program}.")


def chromium() -> str | None:
    """Where a Chromium is: the machine's own, rather one without windows, which is twice as fast; or Playwright's."""
    installed = map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, installed), None) or _downloaded_chromium()


def nginx() -> str | None:
    """Where an nginx is; Debian's is in a folder where only root looks for programs."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:{UNPACKED}/usr/sbin")


def apt_install(package: str) -> bool:
    """Install a package of Debian's, where there is apt and we may; whether that worked."""
    if not shutil.which("apt-get") or (root := _become_root()) is None:
        return False
    _apt_update()
    noninteractive = [*root, "env", "DEBIAN_FRONTEND=noninteractive"]
    return _works([*noninteractive, "apt-get", "install", "-qq", "-o", "Dpkg::Use-Pty=0", package])


@cache
def _apt_update() -> None:
    # Its failure is no reason to stop: often one foreign source is broken, and the package comes from another.
    _works([*(_become_root() or []), "apt-get", "update", "-qq"])


@cache
def _become_root() -> Sequence[str] | None:
    """What to put before a command so that root runs it, or None where we may not."""
    if os.geteuid() == 0:
        return ()
    sudo = ("sudo", "-n")
    return sudo if shutil.which("sudo") and _works([*sudo, "true"], stderr=subprocess.DEVNULL) else None


def _unpack_nginx() -> bool:
    """Debian's package, for the tests alone: installed, it would serve this machine's port 80 from now on."""
    if not shutil.which("apt-get"):
        return False
    _apt_update()
    with TemporaryDirectory() as folder:
        if not _works(["apt-get", "download", "-qq", "nginx"], cwd=folder):
            return False
        return all(_works(["dpkg", "-x", package, UNPACKED]) for package in Path(folder).glob("*.deb"))


def _get_chromium() -> str | None:
    for package in ("chromium-headless-shell", "chromium"):
        if apt_install(package) and (found := chromium()):
            return found
    return chromium() if _download_chromium() else None


def _download_chromium() -> bool:
    # A bare machine lacks the libraries that it needs too, but only root can add them.
    libraries = [] if _become_root() is None else ["--with-deps"]
    return _works([sys.executable, "-m", "playwright", "install", *libraries, "chromium"])


def _downloaded_chromium() -> str | None:
    def ask() -> str:
        with sync_playwright() as playwright:
            return playwright.chromium.executable_path

    # In a thread of its own: a test that asks may have a Playwright running, and one thread cannot run two.
    with ThreadPoolExecutor(1) as thread:
        path = thread.submit(ask).result()
    return path if Path(path).exists() else None


def _works(command: Sequence[str | Path], stderr: int | None = None, cwd: str | None = None) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, stderr=stderr, cwd=cwd).returncode == 0


if __name__ == "__main__":
    main()
