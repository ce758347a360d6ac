"""The pages that are looked at in a real browser, at every width and in both themes. Append yours."""

PAGES: list[str] = []
"""Paths of the sample garden's pages, such as "/t/sample/"; seen by its visitor without sign-in."""

SIGNED_IN: list[str] = []
"""Paths that only the lead of the sample garden sees, such as "/t/sample/members/"."""
