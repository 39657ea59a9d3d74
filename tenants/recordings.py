"""What a recording may say about itself is a closed list of words."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import phonenumbers
from msgspec import Meta, Struct


class Kind(StrEnum):
    """How a customer and the contact centre met."""

    CALL = "call"
    CHAT = "chat"
    CHATBOT = "chatbot"
    SMS_SURVEY = "sms_survey"


class Direction(StrEnum):
    """Who began: the customer (in) or the contact centre (out)."""

    IN = "in"
    OUT = "out"


class PartClass(StrEnum):
    """What expires together; a part's class decides the shred key that seals it."""

    CONTENT = "content"
    CONTACT = "contact"
    IDENTIFIERS = "identifiers"


class ContactField(StrEnum):
    """Every word that a policy may allow in a contact record; a policy names those that its notice names."""

    START = "start"
    END = "end"
    DURATION = "duration"
    SENT_AT = "sent_at"
    CALLER_NUMBER = "caller_number"
    ANSWERED_NUMBER = "answered_number"
    CUSTOMER_NUMBER = "customer_number"
    SERVICE_NUMBER = "service_number"
    AGENT_NAME = "agent_name"
    AGENT_NUMBER = "agent_number"
    AGENT_ID = "agent_id"
    NICKNAME = "nickname"
    CUSTOMER_GIVEN = "customer_given"
    CHAT_COUNT = "chat_count"
    MESSAGE_COUNT = "message_count"
    CONTENT_LENGTH = "content_length"
    SOURCE_PAGE = "source_page"
    CURRENT_PAGE = "current_page"
    IP_ADDRESS = "ip_address"
    OPERATOR = "operator"
    COUNTRY = "country"
    CITY = "city"
    BROWSER = "browser"
    OS = "os"


PHONE_NUMBER_FIELDS = frozenset(
    {
        ContactField.CALLER_NUMBER,
        ContactField.ANSWERED_NUMBER,
        ContactField.CUSTOMER_NUMBER,
        ContactField.SERVICE_NUMBER,
        ContactField.AGENT_NUMBER,
    }
)
"""The fields whose values are phone numbers: normalised before they are stored, searched or indexed."""


MOMENT_FIELDS = frozenset({ContactField.START, ContactField.END, ContactField.SENT_AT})
"""The fields whose values are moments: RFC 3339 with an offset from UTC."""


MOST_MS = 7 * 24 * 3600 * 1000
"""No interaction lasts longer than a week."""

MOST_SEGMENTS = 100


class Segment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which agent had a call or a chat from which millisecond after its start until which."""

    agent_id: Annotated[str, Meta(min_length=1, max_length=200)]
    starts_ms: Annotated[int, Meta(ge=0, le=MOST_MS)]
    ends_ms: Annotated[int, Meta(ge=1, le=MOST_MS)]


class Metadata(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a source says when it delivers one recording.

    `contact` is keyed by plain words, not by ContactField, so that a word nobody knows is refused
    with the policy's clause like any other word that the policy does not name. `segments` tell who had an interaction
    that went from one agent to another; the contact record holds them.
    """

    kind: Kind
    source_id: Annotated[str, Meta(min_length=1, max_length=200)]
    media_type: Annotated[str, Meta(min_length=3, max_length=100)]
    started_at: Annotated[datetime, Meta(tz=True)]
    ended_at: Annotated[datetime, Meta(tz=True)] | None = None
    direction: Direction | None = None
    contact: dict[Annotated[str, Meta(min_length=1, max_length=64)], Annotated[str, Meta(max_length=2000)] | int] = {}
    segments: Annotated[tuple[Segment, ...], Meta(max_length=MOST_SEGMENTS)] = ()

    def __repr__(self) -> str:
        """Name the recording without its contact record: a log line must not hold personal data."""
        return f"Metadata(kind={self.kind.value!r}, media_type={self.media_type!r}, …)"


class PhoneNumberInvalid(ValueError):
    """The value is not a phone number; the message never repeats it."""


# What people type between digits: RFC 3966 visual separators, spaces (also the no-break ones) and dashes.
_VISUAL_SEPARATORS = str.maketrans("", "", " \t\u00a0\u202f-.()/\u2010\u2011\u2012\u2013\u2212")
_TEL = re.compile("^tel:", re.IGNORECASE)
_SHORTEST, _LONGEST_SHORT = 2, 6


def normalise_number(value: str, region: str = "FI") -> str:
    """Give one spelling to every spelling of a number, so that equal numbers are equal strings.

    Numbers of the public network become E.164. Short ones of two to six digits (112, 116117, an extension of
    the exchange) have no E.164 form: they get the region's calling code in front (`+358112`), which is too
    short to be somebody's. Normalising twice changes nothing.

    Raises PhoneNumberInvalid.
    """
    # A URI's scheme is spelt in either case (RFC 3986 §3.1).
    digits = _TEL.sub("", value.strip()).translate(_VISUAL_SEPARATORS)
    if not digits.removeprefix("+").isdecimal() or not digits.isascii():
        raise PhoneNumberInvalid("a phone number holds digits, spaces, dashes and one leading + only")
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException as error:
        raise PhoneNumberInvalid("this is not a phone number of any country") from error
    national = str(number.national_number)
    if not phonenumbers.is_possible_number(number) and not _SHORTEST <= len(national) <= _LONGEST_SHORT:
        raise PhoneNumberInvalid("a phone number has no such number of digits")
    spelt = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.parse(spelt) != number:
        raise PhoneNumberInvalid("a phone number does not begin with so many zeros")
    return spelt
