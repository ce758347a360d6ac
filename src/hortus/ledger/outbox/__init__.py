"""The outbox: who must hear of what, and what became of every message to them."""
