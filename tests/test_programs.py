"""The programs that the tests drive: what is missing is installed, or named in one sentence."""

import subprocess

import pytest

from tests import programs


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has nothing and on which nothing can be installed, outside CI."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(programs, "_is_there", lambda program: False)
    monkeypatch.setattr(programs, "_get", lambda program: False)
    monkeypatch.setattr(programs, "may_make_containers", lambda: True)


def test_all_that_is_missing_is_named_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        programs.main()
    assert stopped.value.code == 1
    assert capsys.readouterr().err == (
        f"The tests also need {', '.join(programs.PACKAGES)}; on Debian, root brings them with"
        f"  apt install {' '.join(packages[0] for packages in programs.PACKAGES.values())}\n"
    )


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_what_only_a_few_tests_drive_stops_none_but_ci(
    ci: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(programs, "_is_there", lambda program: program != "lynx")
    with pytest.raises(SystemExit) as stopped:
        programs.main()
    assert stopped.value.code == code and capsys.readouterr().err.endswith("  apt install lynx\n")


def test_where_everything_is_there_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(programs, "_is_there", lambda program: True)
    with pytest.raises(SystemExit) as ended:
        programs.main()
    assert ended.value.code == 0
    assert capsys.readouterr().err == ""


def test_what_was_installed_but_does_not_run_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(programs, "_get", lambda program: True)
    with pytest.raises(SystemExit):
        programs.main()
    assert capsys.readouterr().err.startswith("The tests also need libatomic, Chromium, ")


def test_playwright_is_left_alone_while_its_node_lacks_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end in a traceback, before anything was named."""

    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, returncode=127)

    monkeypatch.setattr(programs.shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr(programs.subprocess, "run", run)
    monkeypatch.setattr(programs, "sync_playwright", lambda: pytest.fail("Playwright was started"))
    assert programs.chromium() is None and not programs._download_chromium()
    assert all(command[-1] == "--version" for command in asked)


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_where_no_container_can_be_made_a_sentence_says_what_is_not_tried(
    ci: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(programs.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(programs, "_is_there", lambda program: True)
    with pytest.raises(SystemExit) as ended:
        programs.main()
    assert (ended.value.code, capsys.readouterr().err) == (code, f"{programs.NO_CONTAINER}\n")
