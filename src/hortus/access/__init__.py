"""Persons, teams, sign-in, the policy table, tokens and security events: who may do what."""
