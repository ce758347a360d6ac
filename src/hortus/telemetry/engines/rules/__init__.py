"""Pure arithmetic of engines and hubs: their answers, counters to counts by the minute, expressions. No Django."""
