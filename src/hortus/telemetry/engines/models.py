"""Tables of metric engines, hubs and schedulers that are asked for counts."""
