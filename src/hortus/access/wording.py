"""What people type about themselves and their team, put into shape or refused; the same for page, API and command."""

import unicodedata
from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from hortus.access.models import Person
from hortus.access.policy import Role
from hortus.values.refused import Refused


def line(text: str, field: str, *, longest: int) -> str:
    """Return one line of text without blanks around it; raises Refused when empty, too long or not printable."""
    found = unicodedata.normalize("NFC", text).strip()
    if not found:
        raise Refused("empty", f"The {field} is empty; write at least one letter.", field)
    if len(found) > longest:
        raise Refused("too-long", f"The {field} has {len(found)} letters; {longest} are allowed.", field)
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Co", "Zl", "Zp"} for letter in found):
        raise Refused("control-letters", f"The {field} has letters that cannot be shown; write plain text.", field)
    return found


def address(email: str, field: str = "email") -> str:
    """Return an e-mail address in lower case; raises Refused when it is none."""
    found = email.strip().lower()
    try:
        validate_email(found)
    except ValidationError:
        found = ""
    if not found or len(found) > 254:
        raise Refused("wrong-email", "This is not an e-mail address; write one as in ada@example.org.", field)
    return found


def good_password(password: str, person: Person) -> str:
    """Return the password, or raise Refused with what it lacks."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Refused("weak-password", " ".join(error.messages), "password") from error
    return password


def zone(name: str) -> str:
    """Return a time zone's name; raises Refused when this machine does not know it."""
    if name not in available_timezones():
        raise Refused("unknown-zone", f"{name[:60]!r} is not a time zone; write one as in Europe/Paris.", "zone")
    return name


def role(word: str) -> Role:
    """Return the role of this name; raises Refused when there is none."""
    if word not in list(Role):
        raise Refused("unknown-role", f"{word[:20]!r} is not a role; choose one of {', '.join(Role)}.", "role")
    return Role(word)
