"""What a token may be for."""

from enum import StrEnum


class Scope(StrEnum):
    """Each includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: "Scope") -> bool:
        """Whether who may this may also do the other."""
        ranks = list(Scope)
        return ranks.index(self) >= ranks.index(other)
