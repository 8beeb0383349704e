"""The sample for compose says what the server needs; nothing here starts it, which takes a registry."""

import re

import pytest

from tests.server import ROOT
from webapp import config
from webapp.commands.serve import FAREWELL

COMPOSE = (ROOT / "deploy/compose.yaml").read_text()
CADDYFILE = (ROOT / "deploy/Caddyfile").read_text()


def service(name: str) -> str:
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)
    assert found is not None
    return found[1]


def test_each_setting_is_one_and_the_proxy_is_trusted() -> None:
    told = dict(re.findall(r"LATCHKEY_(\w+): (.+)", service("latchkey")))
    assert set(told) <= config.NAMES
    assert told["PUBLIC_URL"] == "https://${SITE:?}" and told["TRUSTED_PROXIES"] == '"1"'
    assert "SECRET_KEY" in told and told["DATABASE_URL"].endswith("@database/latchkey")


def test_no_secret_has_a_default_and_the_file_that_holds_them_is_made_by_its_first_lines() -> None:
    asked = set(re.findall(r"\$\{(\w+)(?=:\?\})", COMPOSE))
    assert asked == set(re.findall(r"\$\{(\w+)", COMPOSE)) == set(re.findall(r"(?:'|n)([A-Z_]+)=", COMPOSE))
    assert "/deploy/.env\n" in (ROOT / ".gitignore").read_text()


@pytest.mark.parametrize(("name", "awaited"), [("latchkey", "database"), ("caddy", "latchkey")])
def test_each_waits_for_what_it_needs(name: str, awaited: str) -> None:
    assert f"    depends_on:\n      {awaited}:\n        condition: service_healthy\n" in service(name)


def test_the_server_may_do_no_more_than_it_must() -> None:
    for line in ("read_only: true", "tmpfs: [/tmp]", "cap_drop: [ALL]", 'security_opt: ["no-new-privileges:true"]'):
        assert f"    {line}\n" in service("latchkey")
    assert "ports:" not in service("latchkey") + service("database")


def test_it_is_killed_only_after_what_was_under_way_had_its_time() -> None:
    found = re.search(r"stop_grace_period: (\d+)s", service("latchkey"))
    assert found is not None and int(found[1]) > FAREWELL and f"gets {FAREWELL} s." in COMPOSE


def test_caddy_is_told_the_site_and_where_the_server_listens() -> None:
    told = set(re.findall(r"^      (\w+): ", service("caddy"), re.MULTILINE)) - {"latchkey"}
    assert told == set(re.findall(r"\{\$(\w+):", CADDYFILE)) == {"SITE", "UPSTREAM"}
    port = re.search(r"^EXPOSE (\d+)$", (ROOT / "Containerfile").read_text(), re.MULTILINE)
    assert port is not None and f"UPSTREAM: latchkey:{port[1]}\n" in COMPOSE
