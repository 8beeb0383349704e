"""The sample unit for systemd says what the server needs, and allows it no more."""

import re
from configparser import ConfigParser
from pathlib import PurePosixPath

import pytest

from tests.server import COMMAND, ROOT
from webapp.commands.serve import FAREWELL, WAITING

TEXT = (ROOT / "deploy/latchkey.service").read_text()


@pytest.fixture
def service() -> dict[str, str]:
    parser = ConfigParser(interpolation=None, delimiters="=")
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(TEXT)
    assert set(parser) == {"DEFAULT", "Unit", "Service", "Install"}
    return dict(parser["Service"])


def test_it_starts_the_server_as_just_run_does(service: dict[str, str]) -> None:
    program, *arguments = service["ExecStart"].split()
    assert arguments == COMMAND[1:]
    python = re.search(r'^python := "(.+)"', (ROOT / "justfile").read_text(), re.MULTILINE)
    assert python is not None and program == str(PurePosixPath(service["WorkingDirectory"]) / python[1])


def test_it_is_killed_only_after_what_was_under_way_had_its_time(service: dict[str, str]) -> None:
    assert service["KillMode"] == "mixed" and int(service["TimeoutStopSec"]) > FAREWELL
    assert f"gives them {FAREWELL} s." in TEXT
    assert service["Restart"] == "on-failure"


def test_it_may_have_more_clients_than_can_wait(service: dict[str, str]) -> None:
    assert int(service["LimitNOFILE"]) >= 8 * WAITING


def test_its_data_is_all_that_it_may_write(service: dict[str, str]) -> None:
    assert service["ProtectSystem"] == "strict"
    assert service["Environment"] == f"LATCHKEY_INSTANCE=/var/lib/{service['StateDirectory']}"
    assert service["StateDirectoryMode"] == "0700" and "ReadWritePaths" not in service


def test_it_has_no_right_that_it_does_not_need(service: dict[str, str]) -> None:
    assert service["User"] == "latchkey" and service["CapabilityBoundingSet"] == ""
    assert service["SystemCallFilter"] == "@system-service"
    assert set(service["RestrictAddressFamilies"].split()) == {"AF_INET", "AF_INET6", "AF_UNIX"}
    for name in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "MemoryDenyWriteExecute"):
        assert service[name] == "yes"
