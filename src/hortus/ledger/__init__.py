"""The ledger: events (what happened), references to what they happened to, and the lease queue."""
