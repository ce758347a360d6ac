"""What OpenSLO has no field for, in annotations under the one prefix `hortus/`, and back. Knows no YAML.

Each value is a text; what is more than a text is JSON. A key that begins so and that we do not know is left to whoever
wrote it.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from hortus.products.slos.openslo.definitions import SEVERITIES, AlertTexts, Definition, Exclusion, Json

PREFIX = "hortus/"
SHORT_WINDOW = PREFIX + "short-window"
BUDGET_SHARE = PREFIX + "budget-share"
SEVERITY = PREFIX + "severity"
KEEP_FIRING = PREFIX + "keep-firing"
DISPLAY_NAME = PREFIX + "display-name"
DESCRIPTION = PREFIX + "description"
GIVEN_NAME = PREFIX + "given-name"
ALERT_TEXTS = PREFIX + "alert-texts"
EXCLUSIONS = PREFIX + "exclusions"
LITTLE_TRAFFIC = PREFIX + "little-traffic"
PLANNED_WORK = PREFIX + "leaves-out-planned-work"
LABELS = PREFIX + "labels"
ANNOTATIONS = PREFIX + "annotations"
KEPT = PREFIX + "kept"
QUERIES = PREFIX + "queries"
"""Why a file has none; only written, and as good as anybody's annotation where it is read."""

LONGEST_DISPLAY_NAME, LONGEST_DESCRIPTION = 63, 1050
LABEL_KEY = re.compile(r"[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")
DNS_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
ANNOTATION_KEY = re.compile(rf"((?=[^/]{{1,253}}/){DNS_LABEL}(\.{DNS_LABEL})*/)?{LABEL_KEY.pattern}")


@dataclass(frozen=True)
class Said:
    """What the annotations of an SLO say beside OpenSLO; annotations: those of others."""

    given_name: str = ""
    display_name: str = ""
    description: str = ""
    alert_texts: AlertTexts = field(default_factory=AlertTexts)
    exclusions: tuple[Exclusion, ...] = ()
    little_traffic: Mapping[str, Json] = field(default_factory=dict)
    leaves_out_planned_work: bool | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, Json] = field(default_factory=dict)


def said(definition: Definition) -> dict[str, str]:
    """Return the annotations of a definition: its own, then ours, those that say nothing left out."""
    own = {key: value for key, value in definition.annotations.items() if can_stand(key)}
    texts = definition.alert_texts
    ours: dict[str, str] = {
        **too_long(definition.display_name, definition.description),
        GIVEN_NAME: definition.given_name,
        ALERT_TEXTS: dumped(vars(texts)) if texts != AlertTexts() else "",
        EXCLUSIONS: dumped([written(exclusion) for exclusion in definition.exclusions]),
        LITTLE_TRAFFIC: dumped(definition.little_traffic),
        PLANNED_WORK: {None: "", True: "true", False: "false"}[definition.leaves_out_planned_work],
        LABELS: dumped({key: values for key, values in definition.labels.items() if not LABEL_KEY.fullmatch(key)}),
        ANNOTATIONS: dumped({key: value for key, value in definition.annotations.items() if key not in own}),
        KEPT: dumped(definition.kept),
    }
    return {**dict(sorted(own.items())), **{key: value for key, value in sorted(ours.items()) if value}}


def can_stand(key: str) -> bool:
    """Tell whether an annotation of somebody else can stand as it is: a legal key, and none of ours."""
    return ANNOTATION_KEY.fullmatch(key) is not None and key not in READ and key not in PLAIN


def too_long(display_name: str, description: str) -> dict[str, str]:
    """Return the texts that OpenSLO would cut."""
    return {
        DISPLAY_NAME: display_name if len(display_name) > LONGEST_DISPLAY_NAME else "",
        DESCRIPTION: description if len(description) > LONGEST_DESCRIPTION else "",
    }


def dumped(value: object) -> str:
    """Return a value as JSON, "" for an empty one."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""


def written(exclusion: Exclusion) -> dict[str, Json]:
    """Return an exclusion as JSON would have it, empty fields left out."""
    fields = {**vars(exclusion), "starts_at": exclusion.starts_at.isoformat()}
    return {key: value for key, value in fields.items() if value not in ("", None)}


def understood(given: Mapping[str, str], complain: Callable[[str, str], None]) -> Said:
    """Return what the annotations say. complain(key, sentence) hears of one that cannot be read; it is kept as it is.

    >>> understood({"hortus/given-name": "My SLO", "team": "hpc"}, print).annotations
    {'team': 'hpc'}
    """
    result = Said(annotations={key: value for key, value in given.items() if key not in READ and key not in PLAIN})
    result = replace(
        result,
        given_name=given.get(GIVEN_NAME, ""),
        display_name=given.get(DISPLAY_NAME, ""),
        description=given.get(DESCRIPTION, ""),
    )
    unread: dict[str, Json] = {}
    for key, read in READ.items():
        if key not in given:
            continue
        try:
            result = read(result, json.loads(given[key], parse_constant=as_finite))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            complain(key, f"'{key}' cannot be read ({error}); it is kept. Correct it or take it out.")
            unread["metadata.annotations." + key] = given[key]
    return replace(result, kept={**result.kept, **unread})


def as_texts(value: Json) -> AlertTexts:
    """Return alert texts from JSON."""
    if not isinstance(value, dict):
        raise TypeError("not a mapping")
    return AlertTexts(
        name=as_text(value.get("name", "")),
        labels=by_severity(value.get("labels", {})),
        annotations=by_severity(value.get("annotations", {})),
    )


def by_severity(value: Json) -> dict[str, dict[str, str]]:
    """Return texts by severity from JSON."""
    found = as_mapping(value)
    unknown = set(found) - set(SEVERITIES)
    if unknown:
        raise ValueError(f"severity {sorted(unknown)[0][:40]!r}, allowed: {', '.join(SEVERITIES)}")
    return {severity: as_strings(texts) for severity, texts in found.items()}


def as_exclusion(value: Json) -> Exclusion:
    """Return an exclusion from JSON."""
    fields = as_mapping(value)
    minutes = fields["minutes"]
    if isinstance(minutes, bool) or not isinstance(minutes, int):
        raise TypeError("minutes must be a whole number")
    texts = {name: as_text(fields.get(name, "")) for name in ("reason", "author", "rrule", "zone")}
    return Exclusion(starts_at=datetime.fromisoformat(as_text(fields["starts_at"])), minutes=minutes, **texts)


def as_finite(constant: str) -> Json:
    """Refuse what JSON has no number for."""
    raise ValueError(f"{constant} is no number")


def as_text(value: Json) -> str:
    """Return a text or refuse."""
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is no text")
    return value


def as_flag(value: Json) -> bool:
    """Return true or false or refuse."""
    if not isinstance(value, bool):
        raise TypeError(f"{str(value)[:40]!r} is neither true nor false")
    return value


def as_mapping(value: Json) -> dict[str, Json]:
    """Return a mapping or refuse."""
    if not isinstance(value, dict):
        raise TypeError("not a mapping")
    return value


def as_list(value: Json) -> list[Json]:
    """Return a list or refuse."""
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def as_strings(value: Json) -> dict[str, str]:
    """Return a mapping of texts or refuse."""
    return {key: as_text(text) for key, text in as_mapping(value).items()}


def with_labels(result: Said, value: Json) -> Said:
    """Add the labels that OpenSLO does not allow."""
    labels = {key: tuple(as_text(text) for text in as_list(texts)) for key, texts in as_mapping(value).items()}
    return replace(result, labels=labels)


READ: dict[str, Callable[[Said, Json], Said]] = {
    ALERT_TEXTS: lambda result, value: replace(result, alert_texts=as_texts(value)),
    EXCLUSIONS: lambda result, value: replace(result, exclusions=tuple(map(as_exclusion, as_list(value)))),
    LITTLE_TRAFFIC: lambda result, value: replace(result, little_traffic=as_mapping(value)),
    PLANNED_WORK: lambda result, value: replace(result, leaves_out_planned_work=as_flag(value)),
    LABELS: with_labels,
    ANNOTATIONS: lambda result, value: replace(result, annotations={**as_strings(value), **result.annotations}),
    KEPT: lambda result, value: replace(result, kept=as_mapping(value)),
}
PLAIN = (GIVEN_NAME, DISPLAY_NAME, DESCRIPTION)
