"""Statuses of messages and communications: they only move forward.

The ranks are those of section 7 of the design. Twilio states that status callbacks come in no guaranteed order, so
a positive proof (delivered, read) outranks a report of failure.
"""

from enum import StrEnum


class MessageStatus(StrEnum):
    """What a provider has said of one message."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    CANCELED = "canceled"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"
    READ = "read"


NEGATIVE = (MessageStatus.CANCELED, MessageStatus.FAILED, MessageStatus.UNDELIVERED)
MESSAGE_RANK = {status: rank for rank, status in enumerate(MessageStatus, start=1)}
OWED = ""  # the status of a message that no provider has taken yet; ranks below all others


class CommunicationStatus(StrEnum):
    """Where a communication between a participant and an agent stands."""

    PLANNED = "planned"
    STARTED = "started"
    DELIVERED = "delivered"
    READ = "read"
    REPLIED = "replied"
    COMPLETED = "completed"
    NO_RESPONSE = "no_response"
    FAILED = "failed"
    CANCELED = "canceled"
    SKIPPED = "skipped"


OPEN_STATUSES = tuple(CommunicationStatus)[:5]
FINAL_STATUSES = tuple(CommunicationStatus)[5:]
UPDATED_STATUSES = OPEN_STATUSES[1:]
COMMUNICATION_RANK = {status: rank for rank, status in enumerate(OPEN_STATUSES)}


def message_rank(status: str) -> int:
    """The rank of a message status; 0 for a message that no provider has taken yet."""
    return MESSAGE_RANK[MessageStatus(status)] if status else 0
