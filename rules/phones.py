"""Phone numbers that are written in E.164 and can exist: told by one pattern for each country, without parsing.

The patterns are the library's own metadata, put together in the way in which it asks them itself (its
`is_valid_number`), which takes it a dozen steps for each number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_CODE_SIZES = (1, 2, 3)  # digits of a country code; none begins with another
_WORLD = "001"  # what the library calls the region of numbers that belong to no country
_TYPES = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")


@dataclass(frozen=True, slots=True)
class _Plan:
    """The numbers of one country code. ``dropped`` is what the parser may take off or change in front, ``valid`` what
    can exist."""

    dropped: re.Pattern[str]
    valid: re.Pattern[str]


def is_plain_e164(text: str) -> bool:
    """Whether ``text`` is a number in E.164 that can exist and that parsing would leave as it is.

    False says nothing: the number may be written in another way, or be one of those rare ones that only parsing can
    tell (with a zero after the country code, of no country, beginning as national prefixes do).
    """
    if not _E164.fullmatch(text):
        return False
    for size in _CODE_SIZES:
        if plan := _plan(text[1 : 1 + size]):
            national = text[1 + size :]
            return not plan.dropped.match(national) and plan.valid.fullmatch(national) is not None
    return False


@cache
def _plan(code: str) -> _Plan | None:
    """The numbering plan of a country code, None where there is no such code; there are some 1,100 to ask for."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), (_WORLD,))
    if _WORLD in regions:
        return None
    plans = [plan for region in regions if (plan := PhoneMetadata.metadata_for_region(region))]
    prefix = plans[0].national_prefix_for_parsing or "(?!)"
    dropped = f"0|(?:{prefix})(?<=.)"  # in some countries all of a prefix may be left out: nothing is dropped then
    return _Plan(re.compile(dropped), re.compile("|".join(_of_regions(plans))))


def _of_regions(plans: list[PhoneMetadata]) -> Iterator[str]:
    """What can exist in each region. A number belongs to the first one whose leading digits it has, and to no later
    one then."""
    taken = ""
    for plan in plans:
        leading = f"(?={plan.leading_digits})" if plan.leading_digits else ""
        yield f"{taken}{leading}{_of_region(plan)}"
        taken += f"(?!{plan.leading_digits})" if plan.leading_digits else ""


def _of_region(plan: PhoneMetadata) -> str:
    lines = ("fixed_line",) if plan.same_mobile_and_fixed_line_pattern else ("fixed_line", "mobile")
    kinds = filter(None, (_of_kind(getattr(plan, name)) for name in (*lines, *_TYPES)))
    return f"(?={_of_kind(plan.general_desc)}\\Z)(?:{'|'.join(kinds)})"


def _of_kind(kind: PhoneNumberDesc | None) -> str:
    """A pattern of numbers of these lengths and digits, "" where there are none."""
    if kind is None or not kind.national_number_pattern:
        return ""
    lengths = "|".join(f"[0-9]{{{length}}}" for length in kind.possible_length)
    length = f"(?=(?:{lengths})\\Z)" if lengths else ""
    return f"(?:{length}(?:{kind.national_number_pattern}))"
