"""The two judges that read the source of a page."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from tests.judge.crawl import Complaint, Page
from tests.programs import apt_install

HERE = Path(__file__).parent
VNU = HERE / "node_modules/vnu-jar/build/dist/vnu.jar"
BIN = HERE / "node_modules/.bin"
STATIC = HERE.parent.parent / "webapp/static"
STYLE_AND_PICTURES = {str(path): path.name for ending in ("css", "svg") for path in STATIC.rglob(f"*.{ending}")}
# WebKit takes a list without bullets for mere layout, unless it is told. Nu knows no container queries, not each unit
# within `min()`, and nothing of what password managers read before they make a password up (`passwordrules`).
ALLOWED = (
    ".*(“list” role is unnecessary for element “[ou]l”|CSS: “container-type”: Property “container-type” doesn't exist"
    "|Unrecognized at-rule “@container”|Attribute “passwordrules” not allowed"
    "|CSS: “inline-size”: The types are incompatible).*"
)


def check_java() -> None:
    if not (shutil.which("java") or apt_install("default-jre-headless")):
        sys.exit("The Nu HTML checker needs Java, and none could be installed: install a Java runtime.")


def nu(pages: Sequence[Page]) -> Iterator[Complaint]:
    """What the Nu HTML checker of the W3C says, its warnings too, of the style sheet and the pictures as well."""
    with files(pages) as sources:
        names = sources | STYLE_AND_PICTURES
        options = ["--format", "json", "--stdout", "--exit-zero-always", "--filterpattern", ALLOWED]
        said = run("java", "-jar", str(VNU), *options, "--also-check-css", "--also-check-svg", *names)
        for message in json.loads(said)["messages"]:
            place = f"line {message.get('lastLine', '?')}"
            sentence = f"{message['message']} {message.get('extract', '')!r}"
            yield Complaint(names[message["url"].removeprefix("file:")], place, "nu", sentence)


def html_validate(pages: Sequence[Page]) -> Iterator[Complaint]:
    with files(pages) as names:
        config = str(HERE / "htmlvalidate.config.mjs")
        said = run("html-validate", "--config", config, "--formatter", "json", *names)
        for file in json.loads(said):
            for message in file["messages"]:
                place = f"line {message['line']}"
                yield Complaint(names[file["filePath"]], place, message["ruleId"], message["message"])


@contextmanager
def files(pages: Sequence[Page]) -> Iterator[dict[str, str]]:
    """The pages as files: their paths, each with the name of its page."""
    with TemporaryDirectory() as folder:
        paths = {f"{folder}/{number}.html": page for number, page in enumerate(pages)}
        for path, page in paths.items():
            Path(path).write_text(page.source)
        yield {path: page.name for path, page in paths.items()}


def run(*command: str, **environment: str) -> str:
    """What a program says; those of npm are found beside this file, and run on the Node of our requirements."""
    path = os.pathsep.join([str(BIN), str(Path(sys.executable).parent), os.environ["PATH"]])
    found = shutil.which(command[0], path=path)
    assert found, f"no {command[0]}"
    # Not through a pipe: Node leaves without what a pipe has not taken yet.
    with TemporaryFile("w+") as said:
        env = os.environ | {"PATH": path} | environment
        done = subprocess.run([found, *command[1:]], env=env, stdout=said, stderr=subprocess.PIPE, text=True)
        said.seek(0)
        text = said.read()
    assert text, f"{command[0]}: {done.stderr}"
    return text
