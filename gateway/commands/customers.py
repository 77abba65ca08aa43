"""`pointsman customer export` and `pointsman customer erase`: what is kept of one person."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.auditing import entry
from gateway.commands.failing import CommandFailed
from gateway.commands.project import is_running, opened, project_option
from gateway.commands.settling import many

if TYPE_CHECKING:
    from gateway.customers import Erased
    from gateway.erasing import Erasure
    from storage.database import Storage
    from storage.spool_visit import SpoolVisit
    from storage.traces import Person
    from storage.transaction import Transaction

TOLD = {  # tables whose rows, and what of the spool, an operator knows by these names
    "participant": "participant",
    "communication": "talk",
    "message": "message",
    "inbox": "event",
    "run": "waiting path",
    "call": "call",
    "spool": "spooled event",
}
NOTHING_KEPT = 1


@click.group()
def customer() -> None:
    """Give out or erase what is kept of one person.

    WHO is a customer's id, a phone number (+49...), an email address, a Slack user or an external id; kind:VALUE (such
    as external_id:4711) where that could mean two.
    """


@customer.command()
@click.argument("who")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@project_option
def export(who: str, file: Path, project: Path) -> None:
    """Write everything that is kept of WHO to FILE, as JSON. Exit 1 if that is nothing."""
    from gateway.clock import SystemClock
    from gateway.customers import dossier, in_spool, is_anything
    from gateway.private_files import new_file, sync
    from gateway.settings import load_settings
    from storage.spool_visit import visiting

    settings = load_settings(project, offline=True)
    with opened(settings) as storage, visiting(settings.spool) as spool:
        person = _person(storage, who)
        with storage.reading() as t:
            found = dossier(t, person, in_spool(t, spool, person).values(), SystemClock().now())
    if not is_anything(found["tables"]):
        _nothing(who)
    try:
        with new_file(file) as written:
            written.write(json.dumps(found, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass"))
            sync(written)
    except FileExistsError:
        raise CommandFailed(f"{file} is there already") from None
    click.echo(f"{file}: {_counted({table: len(rows) for table, rows in found['tables'].items()})}")


@customer.command()
@click.argument("who")
@click.option("--forget-opt-outs", is_flag=True, help="Forget, too, that WHO must not be written to.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@project_option
def erase(who: str, forget_opt_outs: bool, yes: bool, project: Path) -> None:
    """Erase what is kept of WHO. Open talks are canceled without a word, and no rule hears of it. The gateway may go on
    running.

    That WHO opted out stays, so that nobody writes to them again. Exit 1 if nothing is kept.
    """
    from gateway.customers import is_anything
    from gateway.settings import load_settings
    from storage.spool_visit import visiting

    settings = load_settings(project, offline=True)
    with opened(settings) as storage, visiting(settings.spool) as spool:
        person = _person(storage, who)
        kept = _kept(storage, spool, person, forget_opt_outs)
        if not is_anything(kept):
            _nothing(who)
        if not yes:
            click.confirm(f"Erase for good: {_counted(kept)}?", abort=True)
        erasure = _erasure(storage, spool)
        if is_running(settings):
            erasure.wait_for_sends(person)
        _tell(erasure.erase(who, forget_opt_outs=forget_opt_outs), person, forget_opt_outs)
        _tell_imports(storage, settings.uploads)


def _person(storage: "Storage", who: str) -> "Person":
    from gateway.customers import NotOne, person_named

    try:
        with storage.reading() as t:
            return person_named(t, who)
    except NotOne as error:
        raise CommandFailed(str(error)) from None


def _kept(storage: "Storage", spool: "SpoolVisit", person: "Person", forget_opt_outs: bool) -> dict[str, int]:
    """How many rows there are to be erased, by table, and how many events in the spool."""
    from gateway.customers import SPOOL, in_spool

    with storage.reading() as t:
        rows = {**t.traces.rows(person), SPOOL: in_spool(t, spool, person)}
    return {table: len(found) for table, found in rows.items() if table != "opt_out" or forget_opt_outs}


def _erasure(storage: "Storage", spool: "SpoolVisit") -> "Erasure":
    from gateway.clock import SystemClock
    from gateway.erasing import Erasure

    return Erasure(storage, spool, SystemClock().now, _note)


def _note(t: "Transaction", person: "Person") -> None:
    subject = f"customer/{person.customer or 'nobody'}"
    t.audit.add([entry("erase_customer", subject)])


def _nothing(who: str) -> None:
    click.echo(f"nothing is kept of {who}")
    raise SystemExit(NOTHING_KEPT)


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(many(rows[table], word) for table, word in TOLD.items() if rows.get(table)) or "a name"


def _tell(erased: "Erased", person: "Person", forget_opt_outs: bool) -> None:
    whom = f"customer {person.customer}" if person.customer else "somebody who is no customer"
    click.echo(f"{whom}: erased: {_counted(dict(erased.rows))}")
    if erased.withdrawn:
        click.echo(f"{many(erased.withdrawn, 'message')} owed will not be sent")
    if erased.in_doubt:
        click.echo(f"{many(erased.in_doubt, 'message')} given up of which nobody knows yet whether the provider has it")
    if opt_outs := erased.rows.get("opt_out"):
        told = "forgotten" if forget_opt_outs else "kept, so that nobody writes to them (--forget-opt-outs)"
        click.echo(f"{many(opt_outs, 'opt-out')} {told}")


def _tell_imports(storage: "Storage", folder: Path) -> None:
    """Lists that were read go, as they may name the person; who stands in one that is being read comes in anew."""
    from gateway.imports.desk import forget_read_files

    files = forget_read_files(storage, folder)
    if files:
        names = ", ".join(files)
        click.echo(f"being imported: {names}; whoever stands in a list comes in anew: erase again once it is done")
