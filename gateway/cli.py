"""The command `pointsman`. Each command imports what it needs when it runs, so that `--help` is quick."""

import click

from gateway.commands.accessing import audit, token
from gateway.commands.backing_up import backup, books, restore
from gateway.commands.beginning import init
from gateway.commands.campaigning import campaign
from gateway.commands.chatting import chat
from gateway.commands.checking import check
from gateway.commands.customers import customer
from gateway.commands.differing import diff
from gateway.commands.doctoring import doctor
from gateway.commands.drawing import draw
from gateway.commands.events import events
from gateway.commands.explaining import explain, why_not
from gateway.commands.exporting import export
from gateway.commands.failing import Commands
from gateway.commands.hooking import hooks
from gateway.commands.importing import import_contacts
from gateway.commands.media import media
from gateway.commands.nouns import list_nouns, show_noun
from gateway.commands.planning import plan
from gateway.commands.recording import record
from gateway.commands.replaying import replay
from gateway.commands.running import demo, run
from gateway.commands.schema import schema
from gateway.commands.simulating import simulate
from gateway.commands.tailing import tail
from gateway.commands.uploading import uploads

COMMANDS = (
    run,
    demo,
    check,
    chat,
    record,
    plan,
    diff,
    replay,
    draw,
    schema,
    simulate,
    init,
    import_contacts,
    uploads,
    list_nouns,
    show_noun,
    export,
    campaign,
    backup,
    restore,
    books,
    customer,
    events,
    hooks,
    media,
    token,
    audit,
    doctor,
    tail,
    explain,
    why_not,
)


@click.group(cls=Commands, commands=list(COMMANDS), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pointsman", prog_name="pointsman", message="%(prog)s %(version)s")
def main() -> None:
    """Pointsman: people write by SMS and Slack, operators decide in rule files."""
    from gateway.logs import set_up_logs

    set_up_logs()
