"""Settings of outside services and of the operator's functions."""

from pathlib import Path

import pytest

from gateway.adapters import rule_project
from gateway.settings import SANDBOX_SERVICE_SECRET, load_settings
from tests.gateway.test_settings import problems, project, rewrite

__all__ = ["project"]

SECRET = "secret-of-the-crm-service"
CRM = '[services.crm]\nurl = "https://crm.example.org/hook/"\n'
ACTIONS = '[actions]\nallow = ["scoring.rate"]\n'


@pytest.fixture
def asking(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a service, its secret, and a function."""
    with (project / "pointsman.toml").open("a") as file:
        file.write(CRM + ACTIONS)
    (project / "actions").mkdir()
    (project / "actions" / "scoring.py").write_text("def rate(asked):\n    return {}\n")
    monkeypatch.setenv("POINTSMAN_SERVICES__CRM__SECRET", SECRET)
    return project


def test_services_and_functions_are_read_with_their_defaults_and_rules_know_them(asking: Path) -> None:
    settings = load_settings(asking)
    crm, actions = settings.services["crm"], settings.actions

    assert (crm.url, crm.timeout, crm.per_minute) == ("https://crm.example.org/hook/", 10.0, None)
    assert crm.secret is not None
    assert crm.secret.get_secret_value() == SECRET
    assert (actions.allow, actions.time_limit, actions.memory_mb) == (("scoring.rate",), 5.0, 512)
    assert settings.functions == asking.resolve() / "actions"
    assert rule_project(settings).services == frozenset({"crm"})
    assert rule_project(settings).functions == frozenset({"scoring.rate"})
    assert SECRET not in repr(settings)


def test_the_environment_wins_over_the_file_for_them_too(asking: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (asking / "actions" / "other.py").write_text("from scoring import rate as one\n")
    monkeypatch.setenv("POINTSMAN_SERVICES__CRM__TIMEOUT", "3")
    monkeypatch.setenv("POINTSMAN_ACTIONS__ALLOW", '["other.one"]')
    settings = load_settings(asking)

    assert (settings.services["crm"].timeout, settings.actions.allow) == (3.0, ("other.one",))


def test_a_project_without_them_has_none(project: Path) -> None:
    settings = load_settings(project)

    assert (dict(settings.services), settings.actions.allow, settings.missing_secrets()) == ({}, (), {})


def test_a_service_without_its_secret_stops_no_start_and_is_named(
    asking: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(asking).missing_secrets() == {}
    monkeypatch.delenv("POINTSMAN_SERVICES__CRM__SECRET")

    assert load_settings(asking).missing_secrets() == {"crm": "POINTSMAN_SERVICES__CRM__SECRET"}


def test_the_sandbox_gives_services_their_secret_and_offline_it_is_known_what_this_shell_lacks(
    asking: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POINTSMAN_SERVICES__CRM__SECRET")
    rewrite(asking, "https://gateway.example.org/", "http://127.0.0.1:8080")
    secret = load_settings(asking, sandbox=True).services["crm"].secret

    assert secret is not None
    assert secret.get_secret_value() == SANDBOX_SERVICE_SECRET
    assert load_settings(asking, offline=True).missing_secrets() == {"crm": "POINTSMAN_SERVICES__CRM__SECRET"}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (CRM, f'{CRM}secret = "{SECRET}"\n', "POINTSMAN_SERVICES__CRM__SECRET, and replace it"),
        (CRM, f'{CRM}[services.CRM]\nurl = "https://a.b"\n', 'service name "CRM" must begin with a small letter'),
        (CRM, f"{CRM}[services.shop]\n", "services.shop.url is missing"),
        (CRM, f"{CRM}timeot = 1\n", 'unknown key "services.crm.timeot"; did you mean "timeout"?'),
        (CRM, f"{CRM}timeout = 0\n", "services.crm.timeout must be greater than 0"),
        (CRM, f"{CRM}timeout = 61\n", "services.crm.timeout must be less than or equal to 60"),
        (CRM, f"{CRM}per_minute = 0.5\n", "services.crm.per_minute must be a whole number"),
        ("https://crm", "http://crm", "services.crm.url must begin with https://"),
        ("https://crm", "https://a:b@crm", "services.crm.url must not carry a user name or password"),
        ("[actions]", "[actions]\nfolders = 1", 'unknown key "actions.folders"; did you mean "folder"?'),
        ("[actions]", "[actions]\nmemory_mb = 1", "actions.memory_mb must be greater than or equal to 128"),
        ('["scoring.rate"]', '["scoring"]', 'actions.allow.0 must be a file and a function in it, such as "scoring.'),
        ('["scoring.rate"]', '["a.b.c"]', "actions.allow.0 must be a file and a function in it"),
        ('["scoring.rate"]', '"scoring.rate"', "actions.allow must be a list in brackets"),
        ('["scoring.rate"]', '["scores.rate"]', "actions.allow names scores.rate, but there is no file"),
        ('["scoring.rate"]', '["scoring.rates"]', 'scoring.py has no rates; did you mean "rate"?'),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(asking: Path, old: str, new: str, complaint: str) -> None:
    rewrite(asking, old, new)
    found = "\n".join(problems(asking))

    assert complaint in found
    assert not [word for word in ("pydantic", "Input", "ServiceSettings", SECRET) if word in found]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("POINTSMAN_SERVICES__CMR__SECRET", SECRET, 'names the service "cmr", which pointsman.toml does not have; did'),
        ("POINTSMAN_SERVICES__CRM__SECRT", SECRET, "is no setting of a service; did you mean"),
        ("POINTSMAN_SERVICES__CRM__SECRET", "short", "has 5 characters and needs at least 16"),
        ("POINTSMAN_SERVICES", "{}", "POINTSMAN_SERVICES is no setting of ours"),
        ("POINTSMAN_ACTIONS__ALOW", "[]", 'did you mean "POINTSMAN_ACTIONS__ALLOW"?'),
        ("POINTSMAN_ACTIONS__ALLOW", "scoring.rate", "POINTSMAN_ACTIONS__ALLOW='[\"a.b\"]'"),
    ],
)
def test_a_variable_that_cannot_work_is_refused(
    asking: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)

    assert complaint in "\n".join(problems(asking))


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        ("def rate(asked): ...", ""),
        ("async def rate(asked): ...", ""),
        ("rate = lambda asked: {}", ""),
        ("rate, other = print, print", ""),
        ("import other as rate", ""),
        ("try:\n    from fast import rate\nexcept ImportError:\n    def rate(asked): ...", ""),
        ("from other import *", ""),  # who knows
        ("def __getattr__(name): ...", ""),
        ("globals().update(rate=print)", ""),
        ("vars()['rate'] = print", ""),
        ("locals()['rate'] = print", ""),
        ("eval('0')", ""),
        ("import sys\nsys.modules[__name__].rate = print", ""),
        ("", "has no rate"),
        ("def other(asked):\n    def rate(asked): ...", "has no rate"),
        ("class Scoring:\n    def rate(self, asked): ...", "has no rate"),
        ("rate: object", ""),
        ("del rate", "has no rate"),
        ("def rate(asked:\n", "scoring.py cannot be read: line 1 is not Python"),
        ("\0", "scoring.py cannot be read"),
    ],
)
def test_an_allowed_function_that_is_not_in_its_file_is_told_before_it_is_called(
    asking: Path, file: str, complaint: str
) -> None:
    (asking / "actions" / "scoring.py").write_text(file)

    found = "\n".join(problems(asking)) if complaint else load_settings(asking).actions.allow[0]

    assert complaint in found
