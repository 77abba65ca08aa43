"""The settings, the secrets, and the rule files."""

from collections.abc import Iterator
from pathlib import Path

from gateway.adapters import project_channels, rule_project
from gateway.doctor.findings import Finding, ok, warning, wrong
from gateway.rulebooks import SHOWN_HASH, Rulebooks, read_folder
from gateway.settings import Settings, SettingsError, load_settings
from gateway.settings_file import SlackSettings, TwilioSettings
from gateway.settings_sentences import SET_IT, variable
from rules.loader import load_folder
from storage.database import Storage


def settings_of(folder: Path, *, sandbox: bool) -> tuple[Settings | None, list[Finding]]:
    """The settings as `pointsman run` reads them, and what is wrong with them.

    Where only secrets are lacking there are settings all the same, with made-up ones; they open nothing.
    """
    try:
        return load_settings(folder, sandbox=sandbox), [ok("settings", f"{folder.resolve()}/pointsman.toml is sound")]
    except SettingsError as error:
        found = [wrong("settings", problem, _remedy(problem, folder)) for problem in error.problems]
    try:
        return load_settings(folder, offline=True), found
    except SettingsError:
        return None, found


def _remedy(problem: str, folder: Path) -> str:
    if problem.endswith(SET_IT):
        return "add NAME=value to the file that the unit reads (/etc/pointsman.env), and run this with it"
    return f"mend {folder.resolve()}/pointsman.toml, or the variable of the environment that it names"


def secrets(settings: Settings) -> Iterator[Finding]:
    """Whether everything that needs a secret has one, and no rotation was forgotten."""
    if settings.sandbox:
        yield warning("secrets", "the sandbox's secrets are public", "use it on this machine only")
    for service, name in settings.missing_secrets().items():
        lacking = f"service {service} has no secret: campaigns that ask it stand in error"
        yield wrong("secrets", lacking, f"set {name} in the environment of the gateway")
    for name, channel in settings.channels.items():
        if key := _previous(channel):
            still = f"channel {name} still takes its previous secret"
            yield warning("secrets", still, f"remove {variable(('channels', name, key))} once nobody signs with it")
    for name, hook in settings.hooks.items():
        if hook.secret_previous is not None:
            still = f"hook {name} still signs with its previous secret, too"
            yield warning(
                "secrets", still, f"remove {variable(('hooks', name, 'secret_previous'))} once it knows the new one"
            )
    if not settings.missing_secrets():
        yield ok("secrets", "whatever needs a secret has one")


def _previous(channel: TwilioSettings | SlackSettings) -> str:
    key = "auth_token_previous" if isinstance(channel, TwilioSettings) else "signing_secret_previous"
    return key if getattr(channel, key) is not None else ""


def rule_files(settings: Settings) -> Iterator[Finding]:
    """Whether they can be loaded."""
    texts = {name: content.decode("utf-8-sig", "replace") for name, content in read_folder(settings.rules).items()}
    if not texts:
        yield warning("rules", f"there are no rule files (*.yaml) in {settings.rules}", "write one: docs/tutorial.md")
        return
    found = load_folder(texts, rule_project(settings)).diagnostics
    errors = sum(one.level == "error" for one in found)
    if errors:
        yield wrong("rules", f"mistakes in the rule files: {errors}", "run `pointsman check`, mend what it tells")
    if doubtful := len(found) - errors:
        yield warning("rules", f"warnings about the rule files: {doubtful}", "run `pointsman check`")
    if not found:
        yield ok("rules", f"the rule files are sound: {len(texts)}")


def files_gone(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """Campaigns that run though no rule file is about them any more."""
    books = Rulebooks(rule_project(settings), project_channels(settings))
    with storage.reading() as t:
        books.restore(t)
        running = {row["name"] for row in t.campaigns.all() if row["status"] != "inactive"}
    for name in sorted(books.read(read_folder(settings.rules)).gone & running):
        text = f"campaign {name} runs, and its rule file is gone: it goes on with the version that was in force"
        remedy = f"put {Path(books.of(name).file).name} back into {settings.rules}, or `pointsman campaign stop {name}`"
        yield warning("rules", text, remedy)


def files_older(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """Copies of rule files that are left for older where several processes run. One alone takes what is there."""
    if settings.database.startswith("sqlite:") or not (settings.roles or storage.is_claimed()):
        return
    books = load_folder(read_folder(settings.rules), rule_project(settings)).rulebooks
    with storage.reading() as t:
        in_force = {row["name"]: row["rules"] for row in t.campaigns.all()}
        since = t.campaigns.known_versions([book.hash for book in books.values()])
    for name, book in sorted(books.items()):
        if book.hash in since and in_force.get(name, "") not in ("", book.hash):
            here, there = book.hash[:SHOWN_HASH], in_force[name][:SHOWN_HASH]
            copy = f"{Path(book.file).name} here is version {here} of {since[book.hash]:%Y-%m-%d %H:%M} UTC"
            text = f"{copy}, and campaign {name} runs on another one, {there}, that came later"
            remedy = f"copy the file from the host where it was changed to {settings.rules}"
            yield warning("rules", text, remedy)
