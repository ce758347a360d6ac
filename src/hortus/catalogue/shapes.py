"""A team's status as JSON: the same for the public page's `.json` and for the API. No name of a person stands in it."""

from typing import Any

from hortus.catalogue.board import Board, Line
from hortus.catalogue.bulletin_words import ordered
from hortus.catalogue.models import Bulletin, PlannedWork, Statement
from hortus.catalogue.news import Story
from hortus.catalogue.rules import Condition

Dict = dict[str, Any]


def statement_as_dict(said: Statement | None) -> Dict | None:
    """Return what was said, without who said it."""
    if said is None:
        return None
    return {
        "condition": said.condition, "can": said.can, "cannot": said.cannot, "instead": said.instead,
        "data_safe": said.data_safe, "running_jobs": said.running_jobs, "said_at": said.said_at,
        "next_update_at": said.next_update_at, "is_confirmation": said.is_confirmation,
    }  # fmt: skip


def work_as_dict(work: PlannedWork) -> Dict:
    """Return planned work, without who announced it."""
    return {
        "id": work.pk, "title": work.title, "sort": work.sort, "state": work.state,
        "functions": [f.slug for f in work.functions.all()],
        "begins_at": work.begins_at, "ends_at": work.ends_at, "zone": work.zone, "can": work.can,
        "cannot": work.cannot, "instead": work.instead, "announced_at": work.announced_at,
        "changed_at": work.changed_at, "started_at": work.started_at, "checking_at": work.checking_at,
        "done_at": work.done_at, "next_word_at": work.word_due, "moved_from": work.moved_from,
        "cancelled_at": work.cancelled_at, "sequence": work.sequence,
        "repeating": work.repeating_id,
    }  # fmt: skip


def line_as_dict(line: Line) -> Dict:
    """Return one function: what is shown, until when that holds, and the last words with their age."""
    function = line.function
    return {
        "slug": function.slug, "name": function.name, "sentence": function.sentence,
        "condition": line.shown.condition.value, "fresh_until": line.shown.fresh_until,
        "confirm_every_seconds": function.confirm_every_seconds, "last": statement_as_dict(line.last),
        "planned_work": line.work.pk if line.work else None,
    }  # fmt: skip


def bulletin_as_dict(bulletin: Bulletin) -> Dict:
    """Return a bulletin, without who wrote it."""
    return {
        "id": bulletin.pk, "title": bulletin.title, "can": bulletin.can, "cannot": bulletin.cannot,
        "instead": bulletin.instead, "trying": bulletin.trying, "said_at": bulletin.said_at,
        "next_update_at": bulletin.next_update_at, "is_last": bulletin.is_last,
        "functions": [function.slug for function in bulletin.functions.all()],
        "said": [{"function": said.function.slug, **(statement_as_dict(said) or {})} for said in ordered(bulletin)],
    }  # fmt: skip


def story_as_dict(story: Story) -> Dict:
    """Return a thread with the bulletins that are given with it, the newest first."""
    return {
        "id": story.thread.pk, "title": story.newest.title, "is_open": story.is_open,
        "goes_on_in": story.thread.joined_into_id, "bulletins": [bulletin_as_dict(one) for one in story.bulletins],
    }  # fmt: skip


def board_as_dict(board: Board) -> Dict:
    """Return the whole status, to the minute, so that it stays the same as long as nothing is."""
    return {
        "team": {"slug": board.team.slug, "name": board.team.name, "zone": board.team.zone},
        "as_of": board.now.replace(second=0, microsecond=0),
        "headline": board.headline,
        "where_to_turn": board.page.where_to_turn,
        "conditions": [condition.value for condition in Condition],
        "functions": [line_as_dict(line) for line in board.lines],
        "planned_work": [work_as_dict(work) for work in board.works],
        "news": [story_as_dict(story) for story in board.news],
    }
