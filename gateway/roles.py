"""What a process does of a gateway that is made of several."""

from collections.abc import Iterable
from enum import StrEnum

from gateway.hints import did_you_mean

EVERY = "all"  # how operators write every role


class Role(StrEnum):
    """A part of the gateway's work. ``INGRESS`` takes webhooks, requests of the API and contact lists, ``WORKER``
    decides, ``SENDER`` speaks to providers, services and hooks, ``TIMERS`` wakes what waits, asks providers for what
    they told in vain, and tidies up."""

    INGRESS = "ingress"
    WORKER = "worker"
    SENDER = "sender"
    TIMERS = "timers"


Roles = frozenset[Role]  # none: the one process that a gateway consists of
ALONE: Roles = frozenset()
NAMES = (*(role.value for role in Role), EVERY)


def checked_role(name: str) -> str:
    """The name as it stands. Raises ValueError where it is no role."""
    if name not in NAMES:
        known = f"{', '.join(NAMES[:-1])} and {EVERY}"
        raise ValueError(f'"{name[:60]}" is no role{did_you_mean(name, NAMES)}; roles are {known}')
    return name


def split_roles(told: object) -> object:
    """Roles as the environment has them: names with commas between; anything else as it stands."""
    return [name.strip() for name in told.split(",") if name.strip()] if isinstance(told, str) else told


def roles_of(names: Iterable[str]) -> Roles:
    """The roles of these names. Raises ValueError where one is none."""
    checked = [checked_role(name) for name in names]
    return frozenset(Role) if EVERY in checked else frozenset(map(Role, checked))


def in_words(roles: Roles) -> str:
    """The roles for people, in the order in which work passes through them; "" for one process alone."""
    return ", ".join(role.value for role in Role if role in roles)
