"""All that can be exported."""

from collections.abc import Mapping

from gateway.exports.decisions import DECISIONS
from gateway.exports.export import Noun
from gateway.exports.people import PARTICIPANTS
from gateway.exports.talks import COMMUNICATIONS, MESSAGES

EXPORTED: Mapping[str, Noun] = {noun.name: noun for noun in (PARTICIPANTS, COMMUNICATIONS, MESSAGES, DECISIONS)}
