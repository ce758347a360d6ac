"""The few lines by which a program is told to send its alerts to a source, to be pasted there."""

from dataclasses import dataclass

from hortus.telemetry.alerts.rules.reading import Sort

NO_TOKEN = "THE-TOKEN"  # noqa: S105 -- a gap to be filled in, no token
TOKEN_FILES = {Sort.ALERTMANAGER: "/etc/prometheus/hortus.token", Sort.COMMAND: "/etc/hortus-alerts.token"}


@dataclass(frozen=True, slots=True)
class Pasted:
    """Lines and where they go. said: a sentence. text: the lines."""

    said: str
    text: str


def pasted(sort: Sort, url: str, token: str = "") -> Pasted:
    """Return what makes a program of this sort send to an address.

    url: of the intake, absolute. token: its text, "" where it cannot be shown any more; it stands in the lines only
    where the program takes none from a file.

    >>> pasted(Sort.UPTIME_KUMA, "https://hortus.example.org/alerts/in/7").text.splitlines()[0]
    'Post URL: https://hortus.example.org/alerts/in/7'
    """
    said, text = _LINES[sort]
    file = TOKEN_FILES.get(sort, "")
    return Pasted(said.format(file=file), text.format(url=url, token=token or NO_TOKEN, file=file))


_FROM_FILE = "Put the token alone into {file}, which only the account of the program may read. "
_LINES = {
    Sort.ALERTMANAGER: (
        f"{_FROM_FILE}Add this to alertmanager.yml, and name the receiver in a route.",
        """\
receivers:
  - name: hortus
    webhook_configs:
      - url: {url}
        send_resolved: true
        max_alerts: 0
        http_config:
          authorization:
            type: Bearer
            credentials_file: {file}
""",
    ),
    Sort.GRAFANA: (
        "As a file of Grafana's folder provisioning/alerting, or the same settings in a new contact point of the kind "
        "Webhook. Then name it in a notification policy.",
        """\
apiVersion: 1
contactPoints:
  - orgId: 1
    name: hortus
    receivers:
      - uid: hortus
        type: webhook
        disableResolveMessage: false
        settings:
          url: {url}
          httpMethod: POST
          authorization_scheme: Bearer
          authorization_credentials: {token}
""",
    ),
    Sort.UPTIME_KUMA: (
        "In a new notification of the kind Webhook; then turn it on at each monitor.",
        """\
Post URL: {url}
Request Body: Preset - application/json
Additional Headers: {{"Authorization": "Bearer {token}"}}
""",
    ),
    Sort.COMMAND: (
        f"{_FROM_FILE}Try it on the monitoring host; then let the notification command of Nagios, Icinga 2 or Checkmk "
        "do the same with its own macros.",
        """\
export ALERT_INTAKE_URL={url}
export ALERT_INTAKE_TOKEN_FILE={file}
hortus alert send --type PROBLEM --host test --state DOWN --output "A test"
hortus alert send --type RECOVERY --host test --state UP
""",
    ),
}
