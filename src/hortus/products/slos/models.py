"""Tables of service level objectives."""
