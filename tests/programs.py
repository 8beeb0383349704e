"""Makes sure that the machine has the programs that the tests drive: `python -m tests.programs`."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

PLAYWRIGHT = (sys.executable, "-m", "playwright")
VENV = Path(__file__).parent.parent / ".venv"
# What the tests drive, with Debian's packages for it, of which the first that can be had are taken.
PACKAGES = {
    # Playwright's own Node is linked with it.
    "libatomic": ("libatomic1",),
    # Its pages are measured in the fonts that Debian's Chromium only recommends.
    "Chromium": ("chromium-headless-shell fonts-liberation", "chromium fonts-liberation"),
    "lynx": ("lynx",),
    "w3m": ("w3m",),
    "openssl": ("openssl",),
    # An authenticator app, and what reads the QR code that it would scan.
    "oathtool": ("oathtool",),
    "zbarimg": ("zbar-tools",),
    "nginx": ("nginx",),
    "caddy": ("caddy",),
    "pgbouncer": ("pgbouncer",),
    "Postfix": ("postfix sasl2-bin libsasl2-modules",),
    "Firefox": ("firefox-esr",),
    "WebKitWebDriver": ("webkit2gtk-driver",),
    "Xvfb": ("xvfb",),
    # Draws the sheets that a browser prints.
    "pdftoppm": ("poppler-utils",),
    # Makes the bare Debian in which the steps of the Containerfile are tried.
    "debootstrap": ("debootstrap",),
}
# Without the others their own tests alone are left out.
NEEDED = {"libatomic", "Chromium"}
NO_CONTAINER = "The steps of the Containerfile are not tried here: that takes root, debootstrap and the right to mount."


def main() -> None:
    """Install what is missing; name all that cannot be installed in one sentence, and fail if the tests need it."""
    missing = [program for program in PACKAGES if not (_is_there(program) or (_get(program) and _is_there(program)))]
    if missing:
        sys.stderr.write(_sentence(missing))
    if not (can := may_make_containers()):
        sys.stderr.write(f"{NO_CONTAINER}\n")
    is_all = can and not missing
    sys.exit(not NEEDED.isdisjoint(missing) or (os.environ.get("CI") == "true" and not is_all))


def _is_there(program: str) -> bool:
    ways = {
        "libatomic": _node_runs, "Chromium": chromium, "Firefox": firefox, "nginx": nginx, "caddy": caddy,
        "pgbouncer": pgbouncer,
        # Of use to root alone.
        "debootstrap": lambda: os.geteuid() or debootstrap(), "Postfix": lambda: os.geteuid() or postfix(),
    }  # fmt: skip
    return bool(ways[program]() if program in ways else shutil.which(program))


def _get(program: str) -> bool:
    ways = {
        "Chromium": _get_chromium, "nginx": partial(_unpack, "nginx"), "caddy": partial(_unpack, "caddy"),
        "pgbouncer": _get_pgbouncer, "Postfix": _get_postfix,
    }  # fmt: skip
    return ways[program]() if program in ways else any(map(apt_install, PACKAGES[program]))


def _sentence(missing: Sequence[str]) -> str:
    packages = " ".join(PACKAGES[program][0] for program in missing)
    return f"The tests also need {', '.join(missing)}; on Debian, root brings them with  apt install {packages}\n"


def chromium() -> str | None:
    """Where a Chromium is: the machine's own, rather one without windows, which is twice as fast; or Playwright's."""
    installed = map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, installed), None) or (_downloaded_chromium() if _node_runs() else None)


def firefox() -> str | None:
    """Where a Firefox is."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


def nginx() -> str | None:
    """Where an nginx is; Debian's is in a folder where only root looks for programs."""
    return _roots_program("nginx", f"{VENV}/nginx/usr/sbin")


def caddy() -> str | None:
    """Where a Caddy is."""
    return _roots_program("caddy", f"{VENV}/caddy/usr/bin")


def pgbouncer() -> str | None:
    """Where a pgbouncer is that runs."""
    found = _roots_program("pgbouncer", f"{VENV}/pgbouncer/usr/sbin")
    return found if found and _works([found, "--version"], stderr=subprocess.DEVNULL) else None


def postfix() -> Path | None:
    """The folder in whose `usr` there is a Postfix that runs, with saslpasswd2: the machine's, or one of our own."""
    if not any(Path("/usr/lib").glob("*/sasl2/libplain.so")):
        return None
    return next(filter(_has_postfix, (Path("/"), VENV / "postfix")), None)


def postfix_libraries(folder: Path) -> dict[str, str]:
    """The environment in which a Postfix in this folder finds its libraries."""
    return {"LD_LIBRARY_PATH": f"{folder}/usr/lib/postfix"}


def _has_postfix(folder: Path) -> bool:
    asked = [folder / "usr/sbin/postconf", "-d", "mail_version"]
    return (
        (folder / "usr/sbin/saslpasswd2").exists()
        and asked[0].exists()
        and _works(
            ["env", *(f"{name}={text}" for name, text in postfix_libraries(folder).items()), *asked],
            stderr=subprocess.DEVNULL,
        )
    )


def debootstrap() -> str | None:
    """Where debootstrap is, which makes a Debian in a folder."""
    return _roots_program("debootstrap")


def may_make_containers() -> bool:
    """Whether we may do what a container's build and its start take: root, a bare Debian, mounts of our own."""
    apart = ["unshare", "--mount", "--pid", "--fork", "true"]
    return os.geteuid() == 0 and debootstrap() is not None and _works(apart, stderr=subprocess.DEVNULL)


def _roots_program(name: str, *folders: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", *folders]))


def apt_install(packages: str) -> bool:
    """Install Debian's packages of these names, where there is apt and we may; whether that worked."""
    if not shutil.which("apt-get") or (root := _become_root()) is None:
        return False
    sys.stderr.write(f"Installing {packages}, once.\n")
    _apt_update()
    # Chromium recommends services of a desktop, which a machine would run from then on; another apt may be at work.
    options = ["-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=60"]
    return _works([*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", *options, *packages.split()])


@cache
def _apt_update() -> None:
    # Its failure is no reason to stop: often one foreign source is broken, and the package comes from another.
    if (root := _become_root()) is not None:
        _works([*root, "apt-get", "update", "-qq"])


@cache
def _become_root() -> Sequence[str] | None:
    """What to put before a command so that root runs it, or None where we may not."""
    if os.geteuid() == 0:
        return ()
    sudo = ("sudo", "-n")
    return sudo if shutil.which("sudo") and _works([*sudo, "true"], stderr=subprocess.DEVNULL) else None


def _get_pgbouncer() -> bool:
    # Its libraries' names differ from one Debian to the next.
    libraries = ("libc-ares2 libevent-2.1-7t64", "libc-ares2 libevent-2.1-7")
    return _unpack("pgbouncer") and (pgbouncer() is not None or any(map(apt_install, libraries)))


def _get_postfix() -> bool:
    # Of the last library each Debian has a version of its own.
    libraries = (f"libsasl2-modules libdb5.3 libnsl2 libicu{version}" for version in (76, 72))
    return _unpack("postfix", "sasl2-bin") and (postfix() is not None or any(map(apt_install, libraries)))


def _unpack(package: str, *more: str) -> bool:
    """Get Debian's packages for the tests alone: installed, they would serve this machine's ports from now on."""
    if not shutil.which("apt-get"):
        return False
    _apt_update()
    with TemporaryDirectory() as folder:
        # A user without root's package lists is told what to install in a sentence of our own.
        if not _works(["apt-get", "download", "-qq", package, *more], stderr=subprocess.DEVNULL, cwd=folder):
            return False
        return all(_works(["dpkg", "-x", file, VENV / package]) for file in Path(folder).glob("*.deb"))


def _get_chromium() -> bool:
    return any(apt_install(packages) and chromium() for packages in PACKAGES["Chromium"]) or _download_chromium()


def _download_chromium() -> bool:
    # A bare machine lacks the libraries that it needs too, but only root can add them.
    libraries = [] if _become_root() is None else ["--with-deps"]
    return _node_runs() and _works([*PLAYWRIGHT, "install", *libraries, "chromium"], stderr=subprocess.DEVNULL)


def _downloaded_chromium() -> str | None:
    def ask() -> str:
        with sync_playwright() as playwright:
            return playwright.chromium.executable_path

    # In a thread of its own: a test that asks may have a Playwright running, and one thread cannot run two.
    with ThreadPoolExecutor(1) as thread:
        path = thread.submit(ask).result()
    return path if Path(path).exists() and _works([path, "--version"], stderr=subprocess.DEVNULL) else None


def _node_runs() -> bool:
    """Whether Playwright's Node finds its library; without it each use of Playwright ends in a traceback."""
    return _works([*PLAYWRIGHT, "--version"], stderr=subprocess.DEVNULL)


def _works(command: Sequence[str | Path], stderr: int | None = None, cwd: str | None = None) -> bool:
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": stderr}
    return subprocess.run(command, cwd=cwd, **quiet).returncode == 0


if __name__ == "__main__":
    # Ctrl-C ends this without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
