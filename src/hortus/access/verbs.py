"""The words of the security record: what can be noted. Nothing else is."""

from enum import StrEnum


class Verb(StrEnum):
    """What is recorded. The values are stored and never change their meaning."""

    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "failed to sign in"
    FACTOR_FAILED = "gave a wrong second factor"
    LOCKED_OUT = "was locked out"
    UNLOCKED = "was unlocked"
    SIGNED_OUT = "signed out"
    SESSION_EXPIRED = "was signed out because the session was too old"
    SESSIONS_ENDED = "ended other sessions"
    PASSWORD_CHANGED = "changed the password"  # noqa: S105 -- words, not a password
    PASSWORD_RESET = "set a new password by a reset link"  # noqa: S105
    RESET_ASKED = "asked for a reset link"
    RESET_LINK_MADE = "was given a reset link"
    FACTOR_ADDED = "added a second factor"
    FACTOR_REMOVED = "removed a second factor"
    CODES_RENEWED = "made new recovery codes"
    SSO_CONNECTED = "connected single sign-on"
    SSO_DISCONNECTED = "disconnected single sign-on"
    SSO_REFUSED = "was refused by single sign-on"
    NAME_CHANGED = "changed the name"
    TEAM_STARTED = "started the team"
    TEAM_CHANGED = "changed the team"
    CLOSED_ADDED = "added closed days"
    CLOSED_REMOVED = "removed closed days"
    CODE_REFUSED = "gave a wrong set-up code"
    JOINED = "joined the team"
    ROLE_CHANGED = "got another role"
    REMOVED = "was removed from the team"
    DEACTIVATED = "was deactivated"
    REACTIVATED = "was let in again"
    INVITED = "made an invitation"
    INVITATION_TAKEN = "took an invitation"
    INVITATION_WITHDRAWN = "withdrew an invitation"
    TOKEN_MADE = "made a token"  # noqa: S105
    TOKEN_REVOKED = "had a token revoked"  # noqa: S105


# When somebody comes and goes is for them alone: a lead who reads it would be keeping attendance.
ATTENDANCE = (Verb.SIGNED_IN, Verb.SIGNED_OUT, Verb.SESSION_EXPIRED, Verb.SESSIONS_ENDED, Verb.NAME_CHANGED)
