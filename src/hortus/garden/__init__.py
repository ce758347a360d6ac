"""The garden: the table of indicators, their readings, the 3x3 page. The top room below config and cli."""
