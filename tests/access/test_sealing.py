"""Sealing: what was sealed stays readable, and only for its purpose and with its key."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.access.adapters import MFAAdapter
from hortus.access.sealing import UnreadableSecretError, seal, unseal
from hortus.ledger.outbox import destination_secrets

# Sealed by the first version that did, with the secret key below: databases are full of such.
KEY = "a key only for this example"
DESTINATION = (
    "gAAAAABrBHDA4YOSY8NgTu-Y03zJlh_mz_W0HTSOqOnLauAR7G4ad511xcc2q6e903HuI44FL0kVjY1y1sWWexo9whF3naWG_VSY0p8e7cDaw-z6xyh"
    "bMOE1t9g6nfpRE-Y3Jesw3lu8wg3zsk52of35iSLnSjH0YR42XmwRVoQxxCCTuuhLmco="
)
SECOND_FACTOR = (
    "gAAAAABrBHDA2IHOr5nF9wzkXhdhDovhAMNtukReJB5Ap8dEi_6CNT32XQRHDILjAX3tPAGd214lG2pHeSTpGgJQ6Bel2w63L1hY-NZJ5jIcl7I56R_"
    "Radw="
)


def test_what_was_sealed_before_is_still_read(settings) -> None:  # type: ignore[no-untyped-def]
    settings.SECRET_KEY = KEY
    assert destination_secrets.unseal(DESTINATION).url == "https://chat.example.org/hooks/abc"
    assert MFAAdapter().decrypt(SECOND_FACTOR) == "JBSWY3DPEHPK3PXP"


@given(st.text())
def test_a_text_comes_back_whole(text: str) -> None:
    sealed = seal(text, "one purpose")
    assert unseal(sealed, "one purpose", "no") == text
    if len(text) > 8:
        assert text not in sealed


def test_another_key_another_purpose_and_another_byte_open_nothing(settings) -> None:  # type: ignore[no-untyped-def]
    sealed = seal(json.dumps({"url": "https://chat.example.org/hooks/abc"}), "hortus destinations")
    with pytest.raises(UnreadableSecretError, match="put it back"):
        unseal(sealed, "hortus second factors", "put it back")
    changed = sealed[:40] + ("A" if sealed[40] != "A" else "B") + sealed[41:]
    with pytest.raises(UnreadableSecretError):
        unseal(changed, "hortus destinations", "no")
    with pytest.raises(UnreadableSecretError, match="write the address anew"):
        destination_secrets.unseal("a row that somebody wrote by hand: ü")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, []
    with pytest.raises(UnreadableSecretError):
        unseal(sealed, "hortus destinations", "no")
