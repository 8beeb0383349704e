"""The Containerfile where there is no registry: its own steps, as root, in a bare Debian in place of the image."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from string import Template

from tests.programs import debootstrap
from tests.server import ROOT

CONTAINERFILE = (ROOT / "Containerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text()
# Debian 12 with its Python, made once, and copied for each build.
DEBIAN = ROOT / ".venv/debian"
SUITE, MIRROR = "bookworm", "http://deb.debian.org/debian"
SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# How this machine reaches PyPI; Docker and Podman lead a build to the network in their own ways.
NETWORK_FILES = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/xdg/pip", "/etc/ssl/certs")
NETWORK_NAMES = re.compile(r"PIP_(CERT|INDEX_URL|DEFAULT_TIMEOUT)|(https?|no)_proxy", re.IGNORECASE)
# A container's own mounts and processes, which are gone when its first process is.
APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc")
WRITABLE = """
root=$1; shift
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
for path in $NETWORK_FILES; do mount --bind "$path" "$root$path"; done
exec chroot "$@"
"""
READ_ONLY = """
root=$1 data=$2; shift 2
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mount --bind "$data" "$root/data"
mount -o remount,bind,ro "$root"
exec chroot "$@"
"""


def steps(text: str) -> Iterator[tuple[str, str]]:
    """Instructions of a Containerfile with what stands behind each."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in filter(str.strip, re.sub(r"\\\n\s*", " ", lines).splitlines()):
        name, _, rest = line.partition(" ")
        yield name, rest


def is_sent(path: str, ignored: str = IGNORED) -> bool:
    """Whether .dockerignore lets a build see this path of the checkout; the last line that fits counts."""
    parts, sent = path.split("/"), True
    for line in filter(str.strip, ignored.splitlines()):
        pattern = line.removeprefix("!")
        if pattern.startswith("**/"):
            fits = any(fnmatch(part, pattern[3:]) for part in parts)
        else:
            fits = any(fnmatch("/".join(parts[: number + 1]), pattern) for number in range(len(parts)))
        if fits and not line.startswith("#"):
            sent = line.startswith("!")
    return sent


class Image:
    """What the steps have made; `folder` holds its files. Raises AssertionError for an instruction it does not know."""

    def __init__(self, folder: Path, text: str = CONTAINERFILE) -> None:
        self.root, self.folder = folder / "root", "/"
        self.environment, self.user, self.volume = {"PATH": SEARCHED}, "0:0", ""
        self.health: list[str] = []
        self.command: list[str] = []
        for name, rest in steps(text):
            assert hasattr(self, f"_{name.lower()}"), f"{name} is not known to tests/container.py"
            getattr(self, f"_{name.lower()}")(rest)

    def inside(self, data: Path, command: list[str], settings: Mapping[str, str]) -> list[str]:
        """What runs a command as the image's user, with nothing to write to but `data` and /tmp."""
        return [*APART, READ_ONLY, "sh", str(self.root), str(data), *self._chroot(command, settings)]

    def _from(self, base: str) -> None:
        assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-" + SUITE, base), base
        # Its device files too, which Python would read from.
        subprocess.run(["cp", "--archive", "--reflink=auto", debian(), self.root], check=True)
        for path in filter(os.path.exists, NETWORK_FILES):
            target = self.root / path[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.mkdir(exist_ok=True) if Path(path).is_dir() else target.touch()

    def _run(self, script: str) -> None:
        network = {name: value for name, value in os.environ.items() if NETWORK_NAMES.fullmatch(name)}
        command = [*APART, WRITABLE, "sh", str(self.root), *self._chroot(["sh", "-c", script], network)]
        there = {"NETWORK_FILES": " ".join(filter(os.path.exists, NETWORK_FILES))}
        done = subprocess.run(command, env=os.environ | there, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"

    def _chroot(self, command: list[str], more: Mapping[str, str]) -> list[str]:
        given = [f"{name}={value}" for name, value in (self.environment | more).items()]
        # In a shell, which searches the PATH of the image.
        entered = ["sh", "-c", 'cd "$0" && exec "$@"', self.folder]
        as_user = [f"--userspec={self.user}", "--groups=", str(self.root)]
        return [*as_user, "/usr/bin/env", "-i", *given, *entered, *command]

    def _copy(self, words: str) -> None:
        *sources, target = words.split()
        for source in sources:
            for path in self._files(source):
                inner = path.relative_to(ROOT / source) if (ROOT / source).is_dir() else Path(path.name)
                copied = self._path(target) / inner
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copied)

    def _files(self, source: str) -> Iterator[Path]:
        found = [ROOT / source] if (ROOT / source).is_file() else sorted((ROOT / source).rglob("*"))
        sent = [path for path in found if path.is_file() and is_sent(str(path.relative_to(ROOT)))]
        assert sent, f"{source}: .dockerignore keeps it from the build"
        yield from sent

    def _path(self, path: str) -> Path:
        return self.root / os.path.join(self.folder, path).lstrip("/")

    def _workdir(self, folder: str) -> None:
        self.folder = folder
        self._path(".").mkdir(parents=True, exist_ok=True)

    def _env(self, words: str) -> None:
        given = shlex.split(Template(words).substitute(self.environment))
        self.environment |= dict(word.split("=", 1) for word in given)

    def _user(self, user: str) -> None:
        self.user = user

    def _volume(self, folder: str) -> None:
        self.volume = folder

    def _expose(self, port: str) -> None:
        assert port.isdigit()

    def _healthcheck(self, words: str) -> None:
        self.health = json.loads(words.partition("CMD ")[2])

    def _cmd(self, words: str) -> None:
        self.command = json.loads(words)


def debian() -> Path:
    """The bare Debian, with a Python that has venv as the image's has."""
    if not DEBIAN.exists():
        unfinished = DEBIAN.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        make = [debootstrap(), "--variant=minbase", "--include=python3-venv", SUITE, str(unfinished), _mirror()]
        # Its mounts are gone with it, even if it is killed.
        done = subprocess.run(["unshare", "--mount", *make], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        unfinished.rename(DEBIAN)
    return DEBIAN


def _mirror() -> str:
    """Where this machine gets such packages, if it is a Debian of the same suite."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", f"Codename: {SUITE}", "Created-By: Packages"]
    with suppress(OSError):
        found = subprocess.run(asked, capture_output=True, text=True).stdout.split()
        return found[0] if found else MIRROR
    return MIRROR
