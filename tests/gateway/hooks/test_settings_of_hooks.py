"""`[hooks.NAME]`: whom we tell what, with a secret that stands in the environment only."""

from pathlib import Path

import pytest

from gateway.adapters import build_hooks
from gateway.settings import Settings, SettingsError, load_settings
from tests.gateway.edge import SECRETS
from tests.gateway.running import SETTINGS, write_project

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VARIABLE = "POINTSMAN_HOOKS__CRM__SECRET"
URL = 'url = "https://crm.example.com/told"'


def load(folder: Path, words: str, *, sandbox: bool = False, name: str = "crm") -> Settings:
    write_project(folder)
    (folder / "pointsman.toml").write_text(f"{SETTINGS}\n[hooks.{name}]\n{words}\n")
    return load_settings(folder, sandbox=sandbox, offline=not sandbox)


def test_a_hook_is_told_everything_one_after_another_unless_told_otherwise(tmp_path: Path) -> None:
    hook = load(tmp_path, URL).hooks["crm"]

    assert (hook.events, hook.timeout, hook.at_once, hook.private) == ((), 15.0, 1, False)


def test_without_its_secret_the_gateway_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(tmp_path, URL)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name.replace("TEAM", "SLACK"), value)
    with pytest.raises(SettingsError, match=f"the secret {VARIABLE} is missing: set it in the environment"):
        load_settings(tmp_path)
    monkeypatch.setenv(VARIABLE, SECRET)
    settings = load_settings(tmp_path)

    assert settings.hooks["crm"].secret.get_secret_value() == SECRET
    assert SECRET in settings.secrets()
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "hooks.crm.url is missing"),
        ('url = "http://crm.example.com"', "must begin with https://"),
        ('url = "https://10.0.0.7/told"', "in a private network .10.0.0.7.: allow that by private = true"),
        ('url = "http://127.0.0.1:9000/told"', "allow that by private = true"),
        ('url = "https://localhost/told"', "allow that by private = true"),
        (f'{URL}\nevents = ["participant.born"]', "hooks.crm.events.0 must be"),
        (f"{URL}\nat_once = 0", "hooks.crm.at_once"),
        (f"{URL}\nat_once = 51", "hooks.crm.at_once"),
        (f"{URL}\ntimeout = 61", "hooks.crm.timeout"),
        (f"{URL}\ntimout = 5", 'unknown key "hooks.crm.timout".*"timeout"'),
        (f'{URL}\nsecret = "{SECRET}"', f"a secret stands in pointsman.toml.*{VARIABLE}"),
    ],
)
def test_what_a_hook_cannot_be_is_said_with_what_to_do(tmp_path: Path, words: str, said: str) -> None:
    with pytest.raises(SettingsError, match=f"(?s){said}") as refused:
        load(tmp_path, words)

    assert SECRET not in str(refused.value)


def test_a_name_that_no_variable_could_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match='hook name "My-CRM" must begin with a small letter'):
        load(tmp_path, URL, name="My-CRM")


@pytest.mark.parametrize("secret", ["too-brief", "whsec_c2hvcnQ=c2hvcnQ=", "not-one-of-the-scheme-at-all"])
def test_a_secret_that_is_not_of_the_scheme_is_refused_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv(VARIABLE, secret)
    with pytest.raises(SettingsError, match=VARIABLE) as refused:
        load(tmp_path, URL)

    assert secret not in str(refused.value)


@pytest.mark.parametrize(("sandbox", "told"), [(True, ["here"]), (False, ["crm", "here"])])
def test_in_the_sandbox_nothing_leaves_this_machine(tmp_path: Path, sandbox: bool, told: list[str]) -> None:
    here = '[hooks.here]\nurl = "http://127.0.0.1:9000/told"\nprivate = true'

    assert sorted(build_hooks(load(tmp_path, f"{URL}\n{here}", sandbox=sandbox))) == told
