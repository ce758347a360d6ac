"""System checks of the table of indicators."""
