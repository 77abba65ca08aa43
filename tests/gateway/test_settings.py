"""Settings: the file, the environment over it, and the sentence for everything that cannot work."""

import os
from pathlib import Path

import pytest

from gateway.settings import SANDBOX_API_TOKEN, Settings, SettingsError, load_settings
from gateway.settings_file import SlackSettings, TwilioSettings

ACCOUNT = "AC" + "0" * 32
FILE = f"""
public_url = "https://gateway.example.org/"

[channels.sms]
kind = "twilio"
account_sid = "{ACCOUNT}"
from = "+15550001111"

[channels.slack]
kind = "slack"
team = "T0123ABCD"
app_id = "A0123ABCD"
"""
SECRETS = {
    "POINTSMAN_API_TOKEN": "api-token-of-the-tests",
    "POINTSMAN_CHANNELS__SMS__AUTH_TOKEN": "1234567890123456",
    "POINTSMAN_CHANNELS__SLACK__SIGNING_SECRET": "signing-secret-of-the-tests",
    "POINTSMAN_CHANNELS__SLACK__BOT_TOKEN": "xoxb-token-of-the-tests",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [n for n in os.environ if n.upper().startswith("POINTSMAN_")]:
        monkeypatch.delenv(name)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "rules").mkdir()
    (tmp_path / "pointsman.toml").write_text(FILE)
    return tmp_path


def problems(project: Path, *, sandbox: bool = False) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(project, sandbox=sandbox)
    assert caught.value.__cause__ is None
    return list(caught.value.problems)


def rewrite(project: Path, old: str, new: str) -> None:
    file = project / "pointsman.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_a_complete_project_is_read_with_its_defaults(project: Path) -> None:
    settings = load_settings(project)

    assert (settings.public_url, settings.host, settings.port) == ("https://gateway.example.org", "127.0.0.1", 8080)
    assert settings.database == f"sqlite:///{project.resolve()}/pointsman.db"
    assert settings.spool == project.resolve() / "spool.db"
    assert settings.rules == project.resolve() / "rules"
    assert settings.channel_kinds == {"sms": "sms", "slack": "slack"}
    sms, slack = settings.channels["sms"], settings.channels["slack"]
    assert isinstance(sms, TwilioSettings)
    assert isinstance(slack, SlackSettings)
    assert (sms.sender, sms.auth_token.get_secret_value()) == ("+15550001111", "1234567890123456")
    assert slack.bot_token.get_secret_value() == "xoxb-token-of-the-tests"


def test_the_environment_wins_over_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTSMAN_PORT", "9000")
    monkeypatch.setenv("POINTSMAN_DATABASE", "postgresql://me:secret-word@db/pointsman")
    monkeypatch.setenv("POINTSMAN_CHANNELS__SMS__FROM", "+15550002222")
    settings = load_settings(project)

    sms = settings.channels["sms"]
    assert isinstance(sms, TwilioSettings)
    assert (settings.port, sms.sender) == (9000, "+15550002222")
    assert settings.database == "postgresql+psycopg://me:secret-word@db/pointsman"


def test_no_secret_is_ever_shown(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTSMAN_DATABASE", "postgresql://me:secret-word@db/pointsman")
    shown = repr(load_settings(project)) + str(load_settings(project))

    assert not [secret for secret in (*SECRETS.values(), "secret-word") if secret in shown]


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (None, "is missing: set it in the environment"),
        ("", "is empty"),
        ("    ", "is empty"),
        ("short-secret", "has 12 characters and needs at least 16"),
        ("a secret with a line end\n", "blanks or line ends"),
    ],
)
def test_a_bad_secret_is_refused_by_the_name_of_its_variable(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str | None, complaint: str
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    (problem,) = problems(project)

    assert name in problem
    assert complaint in problem
    assert not value or not value.strip() or value.strip() not in problem


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('from = "+15550001111"', 'from = "+15550001111"\nauth_token = "1234567890123456"', "a secret stands in"),
        ("[channels.sms]", 'api_token = "1234567890123456"\n[channels.sms]', "POINTSMAN_API_TOKEN"),
        ("[channels.sms]", 'database = "postgresql://a:b@c/d"\n[channels.sms]', "a password stands in"),
        ("https://gateway.example.org/", "http://gateway.example.org", "public_url must begin with https://"),
        ("https://gateway.example.org/", "https://a:b@gateway.example.org", "user name or password"),
        ("https://gateway.example.org/", "https://gateway.example.org?a=1", "a query (?)"),
        ("https://gateway.example.org/", "https://gateway.example.org/#a", "a fragment (#)"),
        ("https://gateway.example.org/", "gateway.example.org", "must be a whole web address"),
        ("https://gateway.example.org/", "https://gateway.example.org:99999", "must be a whole web address"),
        ("https://gateway.example.org/", "https://gateway example.org", "blanks"),
        ('public_url = "https://gateway.example.org/"', "", "public_url is missing"),
        ('public_url = "https://gateway.example.org/"', "public_url = 3", "public_url must be text in quotes"),
        ('kind = "twilio"', 'kind = "twillio"', 'channels.sms.kind "twillio" is unknown: it is one of twilio, slack'),
        ('kind = "twilio"', "", "channels.sms needs kind = one of twilio, slack"),
        ('kind = "twilio"', 'kind = "twilio"\nfrm = "1"', 'unknown key "channels.sms.frm"; did you mean "from"?'),
        ("[channels.sms]", 'pulic_url = "x"\n[channels.sms]', 'unknown key "pulic_url"; did you mean "public_url"?'),
        ("[channels.sms]", '_env_file = "x"\n[channels.sms]', 'unknown key "_env_file"'),
        ("[channels.sms]", 'port = "http"\n[channels.sms]', "port must be a whole number"),
        ("[channels.sms]", "port = true\n[channels.sms]", "port must be a number"),
        ("[channels.sms]", 'spool = " "\n[channels.sms]', "spool is empty: name the file"),
        ("[channels.sms]", 'spool = "none/spool.db"\n[channels.sms]', "none: make it, or set spool to a file in"),
        ("[channels.sms]", 'spool = "pointsman.db"\n[channels.sms]', "pointsman.db: they must be two files"),
        ("[channels.sms]", "port = 70000\n[channels.sms]", "port must be less than or equal to 65535"),
        ("[channels.sms]", 'database = "mysql://x"\n[channels.sms]', "database must begin with sqlite:///"),
        ("[channels.sms]", 'database = "sqlite://"\n[channels.sms]', "one in memory forgets everything"),
        ('kind = "twilio"', 'kind = "twilio"\napi_url = "http://example.org"', "channels.sms.api_url must begin with"),
        ('kind = "twilio"', 'kind = "twilio"\nunknown_sends = "x"', "channels.sms.unknown_sends must be 'resend' or"),
        ('kind = "twilio"', 'kind = "twilio"\nmessages_per_second = 0', "must be greater than 0"),
        ("+15550001111", "call me maybe!", "channels.sms.from must be a number such as"),
        ('from = "+15550001111"', "", "channels.sms needs either from or messaging_service_sid"),
        (ACCOUNT, "AC1", 'channels.sms.account_sid must be "AC" and 32'),
        ("T0123ABCD", "my team", "channels.slack.team must be a Slack team id"),
        ("[channels.sms]", "[channels.SMS]", 'channel name "SMS" must begin with a small letter'),
        ("public_url =", "public_url", "is not valid TOML"),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(project: Path, old: str, new: str, complaint: str) -> None:
    rewrite(project, old, new)
    found = problems(project)

    assert complaint in "\n".join(found)
    assert not [word for word in ("pydantic", "Input", "TwilioSettings", "SettingsFile") if word in "\n".join(found)]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        (
            "POINTSMAN_CHANNELS__SMSS__AUTH_TOKEN",
            'the channel "smss", which pointsman.toml does not have; did you mean',
        ),
        ("POINTSMAN_CHANNELS__SMS__AUTH_TOKN", 'did you mean "POINTSMAN_CHANNELS__SMS__AUTH_TOKEN"?'),
        ("POINTSMAN_CHANNELS", "POINTSMAN_CHANNELS is no setting of ours"),
        ("POINTSMAN_PUBLIC_ULR", 'did you mean "POINTSMAN_PUBLIC_URL"?'),
    ],
)
def test_a_variable_nobody_reads_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str, complaint: str
) -> None:
    monkeypatch.setenv(name, "{}")

    assert complaint in "\n".join(problems(project))


def test_secrets_of_a_channel_that_is_no_more_are_told_as_that_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POINTSMAN_CHANNELS__FAX__AUTH_TOKEN", "1234567890123456")
    monkeypatch.setenv("POINTSMAN_SERVICES__CRM__SECRET", "1234567890123456")
    found = [problem.partition(" names the ")[2] for problem in problems(project)]

    assert found == [f"{what}, which pointsman.toml does not have" for what in ('channel "fax"', 'service "crm"')]


def test_everything_wrong_is_told_at_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTSMAN_API_TOKEN", "short")
    rewrite(project, "https://", "http://")
    rewrite(project, "T0123ABCD", "t")

    assert len(problems(project)) == 3


def test_a_folder_without_a_project_says_how_to_make_one(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path / "nothing")

    assert "pointsman init" in problem


def test_a_file_that_is_no_text_is_refused(project: Path) -> None:
    (project / "pointsman.toml").write_bytes(b"public_url = '\xff'")

    assert "is not UTF-8 text (byte 14)" in problems(project)[0]


def test_the_sandbox_gives_the_secrets_that_the_environment_does_not(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(project, "https://gateway.example.org/", "http://127.0.0.1:8080")
    for name in [n for n in SECRETS if n != "POINTSMAN_CHANNELS__SMS__AUTH_TOKEN"]:
        monkeypatch.delenv(name)
    settings = load_settings(project, sandbox=True)

    sms = settings.channels["sms"]
    assert isinstance(sms, TwilioSettings)
    assert sms.auth_token.get_secret_value() == "1234567890123456"
    assert settings.api_token.get_secret_value() == SANDBOX_API_TOKEN


def test_the_sandbox_speaks_to_the_gateway_where_it_listens_though_only_the_port_was_changed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(project, "https://gateway.example.org/", "http://127.0.0.1:8080")
    monkeypatch.setenv("POINTSMAN_PORT", "9000")

    assert load_settings(project, sandbox=True).public_url == "http://127.0.0.1:9000"
    assert load_settings(project).public_url == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("public_url", "host", "complaint"),
    [
        ("https://gateway.example.org", "127.0.0.1", "public_url on this machine"),
        ("http://localhost:8080", "0.0.0.0", "listens on this machine only"),  # noqa: S104
    ],
)
def test_the_sandbox_is_never_open_to_others(project: Path, public_url: str, host: str, complaint: str) -> None:
    rewrite(project, '"https://gateway.example.org/"', f'"{public_url}"\nhost = "{host}"')

    assert complaint in problems(project, sandbox=True)[0]


def test_channels_can_be_pointed_at_the_sandbox(project: Path) -> None:
    settings: Settings = load_settings(project).at_apis({"sms": "http://127.0.0.1:1"})

    assert [c.api_url for c in settings.channels.values()] == ["http://127.0.0.1:1", ""]


def test_a_rules_folder_that_is_not_there_is_refused(project: Path) -> None:
    rewrite(project, "public_url", 'rules = "ruels"\npublic_url')
    complaint = f"there is no folder {project}/ruels: make it, or set rules to the folder of the rule files"

    assert problems(project) == [complaint]
