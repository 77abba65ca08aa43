"""The chat in the guide is one that can be had, word by word."""

import shlex
from pathlib import Path

from click.testing import CliRunner

from gateway.chat.orders import ORDERS
from gateway.commands.chatting import chat
from tests.reference.pages import DOCS, fenced

PAGE = (DOCS / "how-to" / "chat-with-a-campaign.md").read_text("utf-8")


def test_the_chat_of_the_guide_comes_out_as_it_is_shown() -> None:
    (shown,) = fenced(PAGE, "console")
    command, _, output = shown.partition("\n")
    arguments = shlex.split(command.removeprefix("$ pointsman chat "))
    said = [line.removeprefix("you> ") for line in output.splitlines() if line.startswith("you> ")]
    root = Path(DOCS).parent
    result = CliRunner().invoke(chat, [str(root / arguments[0]), *arguments[1:]], input="\n".join(said))
    assert result.output == output


def test_every_order_is_in_the_table() -> None:
    assert [name for name in ORDERS if f"`/{name}" not in PAGE] == []
