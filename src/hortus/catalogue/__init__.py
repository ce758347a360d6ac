"""The catalogue: services, the functions researchers use them by, and what the team said about those."""
