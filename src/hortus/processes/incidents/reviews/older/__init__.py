"""Reads older texts about incidents: post-incident reviews in Markdown, and a centre's log of incidents. No Django."""
