"""Ask a TLS server for its certificate: trusted, of this name, and still good for a while."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hortus.telemetry.probes.asking.found import Found, Means
from hortus.telemetry.probes.asking.wire import Failed, talking
from hortus.web.fetch_wire import trusted

# OpenSSL's X509_V_ERR numbers, from x509_vfy.h.
_FAULTS = {
    9: ("not-yet", "is not valid yet"),
    10: ("expired", "has expired"),
    18: ("self-signed", "is signed by itself, so nobody vouches for it"),
    19: ("self-signed", "is signed by an authority that this machine does not trust"),
    20: ("unknown-issuer", "is signed by an authority that this machine does not know, or a link of its chain lacks"),
    21: ("unknown-issuer", "comes without the chain that leads to its authority"),
    62: ("other-name", "is made out to another name"),
    64: ("other-name", "is made out to another address"),
}


def ask(given: Mapping[str, Any], limit_seconds: float, means: Means) -> Found:
    """Shake hands over TLS, and say how long the certificate still holds."""
    host, context = given["host"], means.tls or trusted()
    try:
        with talking(host, given["port"], limit_seconds, means) as (link, watch, clock):
            link.settimeout(watch.left())
            try:
                with context.wrap_socket(link, server_hostname=host) as secured:
                    return judged(secured.getpeercert() or {}, given["days"], clock.seconds, datetime.now(UTC))
            except ssl.SSLCertVerificationError as error:
                code, words = _FAULTS.get(error.verify_code, ("certificate", "is not trusted"))
                return Found(False, code, f"The certificate of {host} {words}.", clock.seconds)
            except ssl.SSLError:
                return Found(False, "no-tls", f"{host} does not speak TLS on port {given['port']} that can be trusted.")
    except Failed as failed:
        return failed.found


def judged(certificate: Mapping[str, Any], days: int, seconds: float, now: datetime) -> Found:
    """Return what a trusted certificate is worth; days: for how long it must still hold."""
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    left = (ends - now).total_seconds() / 86_400
    said = f"The certificate holds until {ends:%-d %B %Y}, {left:.0f} {'day' if f'{left:.0f}' == '1' else 'days'} more"
    if left < days:
        return Found(False, "ends-soon", f"{said}; at least {days} were expected.", seconds)
    return Found(True, "ok", f"{said}.", seconds)
