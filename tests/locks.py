"""The locks: all that the requirements need in turn, with hashes. `python -m tests.locks make`, or `check`."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
# What the server runs on comes first: the tests run on the very same.
RUN, DEV = Path("requirements.txt"), Path("requirements-dev.txt")
SOURCES = (RUN, DEV, Path("requirements-judge.txt"), Path("tests/peers/requirements.txt"), Path("tests/peers/node.txt"))
# For every system and every Python from this one on. What is set up for uv on this machine is left aside.
COMPILE = (sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-config", "--universal")
OPTIONS = ("--python-version=3.11", "--generate-hashes", "--custom-compile-command=./just lock")


def main(task: str, *options: str) -> None:
    """Make all locks anew, or name those that are stale and fail."""
    if task == "make":
        for source in SOURCES:
            make(source, *options)
    elif stale := [str(lock(source)) for source in SOURCES if is_stale(source)]:
        sys.exit(f"The requirements have changed: make their locks anew with  ./just lock  ({', '.join(stale)}).")


def make(source: Path, *options: str) -> None:
    """Write the lock of these requirements; what is locked already stays, unless the options say `--upgrade`."""
    same = [f"--constraint={lock(RUN)}"] if source == DEV else []
    command = [*COMPILE, *OPTIONS, *same, *options, source, "--output-file", lock(source)]
    if subprocess.run(command, cwd=ROOT).returncode:
        sys.exit(f"{lock(source)} is as it was; above is why.")
    path = ROOT / lock(source)
    path.write_text(f"{_first_line(source)}\n{path.read_text()}")


def lock(source: Path) -> Path:
    return source.with_suffix(".lock.txt")


def is_stale(source: Path) -> bool:
    """Whether the lock is missing, or was made when the source asked for something else."""
    path = ROOT / lock(source)
    return not path.exists() or path.read_text().partition("\n")[0] != _first_line(source)


def _first_line(source: Path) -> str:
    digest = hashlib.sha256("\n".join(_wanted(source)).encode()).hexdigest()
    return f"# Made of requirements whose lines have the SHA-256 {digest}."


def _wanted(source: Path) -> Iterator[str]:
    """Each line that asks for something: reasons may change, and those of another file count too."""
    for line in (ROOT / source).read_text().splitlines():
        if line.startswith("-r "):
            yield from _wanted(source.parent / line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            yield line


if __name__ == "__main__":
    main(*sys.argv[1:])
