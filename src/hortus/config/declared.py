"""Every setting of Hortus, declared once: environment, TOML file, docs page and start-up check read this table."""

import os
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from hortus.access.rules import grants
from hortus.values.refused import Refused


class WrongSetting(Exception):  # noqa: N818 -- read as a sentence by the command line
    """A setting has a value that is not allowed; its text names the setting, the value and what is allowed."""


def _base_path(value: str) -> str:
    if value and (not value.startswith("/") or value.endswith("/") or "//" in value):
        raise ValueError("must start with a slash and not end with one, as in /hortus")
    return value


def _groups(value: str) -> str:
    try:
        grants(value)
    except Refused as refusal:
        raise ValueError(refusal.sentence) from refusal
    return value


def _database_url(value: str) -> str:
    if value and not value.startswith(("postgres://", "postgresql://", "sqlite:///")):
        raise ValueError("must start with postgresql:// or sqlite:///")
    return value


def _web_address(value: str) -> str:
    if value and not (value.startswith(("http://", "https://")) and value.split("//", 1)[1].strip("/")):
        raise ValueError("must start with http:// or https:// and name a server, as in https://alerts.example.org")
    return value.rstrip("/")


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("must be a time zone that this machine knows, as in Europe/Paris")
    return value


def _addresses(value: str) -> str:
    for part in (p.strip() for p in value.split(",")):
        if part and part != "unix":
            try:
                ip_address(part)
            except ValueError:
                raise ValueError(f"must be addresses with commas, or 'unix'; {part} is neither") from None
    return value


def _networks(value: str) -> str:
    for part in (p.strip() for p in value.split(",")):
        try:
            part and ip_network(part)
        except ValueError:
            raise ValueError(f"must be networks with commas, as in 10.0.0.0/8; {part} is none") from None
    return value


def _slugs(value: str) -> str:
    for part in (p.strip() for p in value.split(",")):
        if part and not (part.isascii() and part.replace("-", "").replace("_", "").isalnum()):
            raise ValueError(f"must be slugs of teams with commas, as in biology,physics; {part} is none")
    return value


def _folders(value: str) -> str:
    for part in (p.strip() for p in value.split(",")):
        if part and (not part.startswith("/") or os.path.normpath(part) in {"/", "//"}):
            raise ValueError(f"must be whole paths of folders with commas, as in /scratch; {part} is none")
    return value


class Declared(BaseSettings):
    """The settings. Each field is HORTUS_<NAME> in the environment and <name> in the TOML file."""

    model_config = SettingsConfigDict(env_prefix="HORTUS_", extra="forbid", frozen=True)

    data_dir: Annotated[
        Path,
        Field(
            description="Folder that holds everything Hortus keeps: database, keys, jobs, backups. Made with mode 0700."
        ),
    ] = Path("var")
    database_url: Annotated[
        str,
        AfterValidator(_database_url),
        Field(
            description="Where the tables are; empty means SQLite in the data folder. postgresql://user:password@host/name moves to PostgreSQL."
        ),
    ] = ""
    host: Annotated[str, Field(min_length=1, description="Address that the web server binds to.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="Port that the web server binds to.")] = 8000
    uds: Annotated[Path | None, Field(description="Path of a UNIX socket to serve on instead of host and port.")] = None
    base_path: Annotated[
        str,
        AfterValidator(_base_path),
        Field(description="Path below which Hortus is served, as in /hortus; empty for the root."),
    ] = ""
    public_url: Annotated[
        str,
        Field(
            pattern=r"^(https?://[^/\s]+)?$",
            description="Scheme and host that people use, for links in messages and for secure cookies.",
        ),
    ] = ""
    allowed_hosts: Annotated[
        str,
        Field(
            description="Further host names that requests may carry, with commas. Loopback names and the host of public_url are always allowed."
        ),
    ] = ""
    trusted_proxies: Annotated[
        str,
        AfterValidator(_addresses),
        Field(
            description="Addresses whose X-Forwarded-For and X-Forwarded-Proto are believed, with commas; 'unix' for the peer of a UNIX socket. Nobody by default."
        ),
    ] = ""
    threads: Annotated[int, Field(ge=1, le=64, description="Threads in each web process.")] = 4
    processes: Annotated[int, Field(ge=1, le=32, description="Web processes.")] = 2
    worker_threads: Annotated[int, Field(ge=1, le=16, description="Tasks that one worker runs at the same time.")] = 2
    worker_lease_seconds: Annotated[
        int,
        Field(
            ge=2, le=3600, description="How long a worker must have been silent before another takes its tasks over."
        ),
    ] = 60
    stop_seconds: Annotated[
        int,
        Field(ge=0, le=3600, description="How long running tasks and requests may take to end when Hortus is stopped."),
    ] = 30
    secret_key: Annotated[
        SecretStr | None,
        Field(description="Key that signs sessions; made and kept in the data folder when not given."),
    ] = None
    secret_key_file: Annotated[Path | None, Field(description="File to read the key from instead.")] = None
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Field(description="How much the log says.")] = (
        "info"
    )
    time_zone: Annotated[
        str,
        AfterValidator(_zone),
        Field(description="Zone of a new team and of pages without a team, as in Europe/Paris."),
    ] = "UTC"
    sample: Annotated[bool, Field(description="Plant the sample garden when the database is empty.")] = True
    email_url: Annotated[
        str,
        Field(
            pattern=r"^(smtps?://\S+|console|)$",
            description="Mail server for messages and password resets, as in smtp://user:password@host:587; empty means that no mail is sent, 'console' prints it.",
        ),
    ] = ""
    email_from: Annotated[str, Field(description="Sender address of mail.")] = "hortus@localhost"
    oidc_issuer: Annotated[
        str,
        Field(
            pattern=r"^(https?://\S+|)$",
            description="Issuer URL of your identity provider; empty turns single sign-on off.",
        ),
    ] = ""
    oidc_name: Annotated[str, Field(min_length=1, description="Name of the identity provider on the sign-in page.")] = (
        "Single sign-on"
    )
    oidc_client_id: Annotated[str, Field(description="Client id that the provider gave to Hortus.")] = ""
    oidc_client_secret: Annotated[SecretStr, Field(description="Client secret that the provider gave to Hortus.")] = (
        SecretStr("")
    )
    oidc_client_secret_file: Annotated[
        Path | None, Field(description="File to read the client secret from instead.")
    ] = None
    oidc_groups_claim: Annotated[str, Field(min_length=1, description="Claim that lists a person's groups.")] = "groups"
    oidc_scopes: Annotated[
        str,
        Field(
            min_length=1, description="Scopes that Hortus asks for, with blanks; some providers want 'groups' here too."
        ),
    ] = "openid profile email"
    oidc_trust_email: Annotated[
        bool,
        Field(
            description="Believe e-mail addresses that the provider does not call verified, because you know that it verifies them."
        ),
    ] = False
    oidc_groups: Annotated[
        str,
        AfterValidator(_groups),
        Field(description="Which group gives which role in which team: group=team:role, with commas."),
    ] = ""
    require_second_factor: Annotated[
        bool, Field(description="Ask everybody who signs in by password to set up a second factor.")
    ] = False
    fetch_networks: Annotated[
        str,
        AfterValidator(_networks),
        Field(
            description="Private networks that Hortus may fetch URLs from and probe, as in 10.0.0.0/8, with commas. None by default."
        ),
    ] = ""
    alertmanager_url: Annotated[
        str,
        AfterValidator(_web_address),
        Field(
            description="An Alertmanager that is sent the alerts of all teams every minute: what stands before /api/v2. None by default."
        ),
    ] = ""
    alertmanager_token_name: Annotated[
        str,
        Field(
            description="Name of the token for it, which ENGINE_TOKEN_<NAME> in the environment holds. None by default."
        ),
    ] = ""
    heartbeat_url: Annotated[
        str,
        AfterValidator(_web_address),
        Field(
            description="Address of a watchdog elsewhere that is called every five minutes while the auditor finds nothing wrong with worker, messages and promises. None by default."
        ),
    ] = ""
    poll_teams: Annotated[
        str,
        AfterValidator(_slugs),
        Field(
            description="Slugs of the teams for which the worker may ask sacct of this machine, with commas. All teams by default."
        ),
    ] = ""
    probe_folders: Annotated[
        str,
        AfterValidator(_folders),
        Field(
            description="Folders below which file system probes may write, as in /scratch,/home, with commas. None by default."
        ),
    ] = ""
    probe_months: Annotated[
        int, Field(ge=1, le=1200, description="Months that the single results of probes are kept.")
    ] = 13
    count_minutes_days: Annotated[
        int,
        Field(
            ge=1,
            le=3660,
            description="Days of single minutes that are kept of good and total events, back from the newest.",
        ),
    ] = 35
    count_hours_days: Annotated[
        int,
        Field(
            ge=1,
            le=3660,
            description="Days of single hours that are kept, at least as many as of minutes. Whole days are kept for good.",
        ),
    ] = 100
    upload_megabytes: Annotated[
        int, Field(ge=1, le=100_000, description="Size in MB that an uploaded file of accounting records may have.")
    ] = 512
    allow_network_disk: Annotated[
        bool,
        Field(description="Start although the data folder lies on a network file system. SQLite can lose data there."),
    ] = False

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        """Read the environment first, then the TOML file named by HORTUS_CONFIG (default hortus.toml here)."""
        toml = Path(os.environ.get("HORTUS_CONFIG", "hortus.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml)

    @model_validator(mode="after")
    def _secrets_from_files(self) -> Self:
        for name in ("secret_key", "oidc_client_secret"):
            path: Path | None = getattr(self, f"{name}_file")
            if path is not None:
                try:
                    object.__setattr__(self, name, SecretStr(path.read_text(encoding="utf-8").strip()))
                except OSError as error:
                    raise ValueError(f"{name}_file cannot be read: {error.strerror}: {path}") from error
        return self


def variable(field: str) -> str:
    """Return the environment variable of a field."""
    return f"HORTUS_{field.upper()}"


_FROM_COMMAND_LINE: dict[str, Any] = {}


def override(**values: Any) -> None:
    """Let options of the command line win over the environment and the file; call before Django is set up."""
    _FROM_COMMAND_LINE.update({name: value for name, value in values.items() if value is not None})


def read() -> Declared:
    """Read and check all settings; raise WrongSetting with a line for each wrong one."""
    named = os.environ.get("HORTUS_CONFIG")
    if named and not Path(named).is_file():
        raise WrongSetting(f"HORTUS_CONFIG names {named}, but there is no such file; make it or unset the variable.")
    unknown = sorted(
        name for name in os.environ
        if name.startswith("HORTUS_") and name not in {variable(f) for f in Declared.model_fields} | _OTHER_VARIABLES
    )  # fmt: skip
    if unknown:
        raise WrongSetting(
            f"{unknown[0]} is not a setting of Hortus; see docs/reference/settings.md for those that are."
        )
    try:
        return Declared(**_FROM_COMMAND_LINE)
    except ValidationError as error:
        raise WrongSetting("\n".join(_sentence(e) for e in error.errors())) from error
    except (OSError, ValueError) as error:  # a TOML file that cannot be read or parsed
        raise WrongSetting(
            f"{os.environ.get('HORTUS_CONFIG', 'hortus.toml')} cannot be read as TOML: {error}"
        ) from error


_OTHER_VARIABLES = {"HORTUS_CONFIG", "HORTUS_TEST_DATA"}


def _sentence(error: Any) -> str:
    field = str(error["loc"][0]) if error["loc"] else ""
    name = f"{variable(field)} ({field} in the TOML file)" if field else "settings"
    if error["type"] == "extra_forbidden":
        return f"{field} is not a setting of Hortus; see docs/reference/settings.md for those that are."
    given = "" if "secret" in field or not field else f", got {error['input']!r}"
    return f"{name}: {error['msg'].removeprefix('Value error, ')}{given}"
