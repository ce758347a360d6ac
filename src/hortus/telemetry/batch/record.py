"""The one shape every format ends in: a row a job (or attempt of a job), its columns, types and units. No
reading here."""

from typing import Final

# Column -> DuckDB type. Text is never empty: unknown is NULL. Times are UTC. `attempt` tells restarts apart
# where a format counts them (PBS run_count); Slurm gives each attempt its own submit time, so there it stays 0.
COLUMNS: Final[dict[str, str]] = {
    "cluster": "VARCHAR",
    "raw_id": "VARCHAR",  # the scheduler's own unique id
    "job_id": "VARCHAR",  # the id its user sees: 35_4, 46+0
    "attempt": "INTEGER",
    "array_job_id": "VARCHAR",
    "array_task": "INTEGER",
    "user_name": "VARCHAR",
    "group_name": "VARCHAR",
    "account": "VARCHAR",
    "partition": "VARCHAR",
    "qos": "VARCHAR",
    "name": "VARCHAR",
    "submit_at": "TIMESTAMPTZ",
    "eligible_at": "TIMESTAMPTZ",
    "start_at": "TIMESTAMPTZ",  # NULL: never started, or (SWF) not recorded
    "end_at": "TIMESTAMPTZ",
    "started": "BOOLEAN",  # it ran, even where the moment is not recorded
    "run_seconds": "BIGINT",
    "state": "VARCHAR",  # a word of rules.STATES, or UNKNOWN
    "state_raw": "VARCHAR",
    "exit_code": "INTEGER",
    "exit_signal": "INTEGER",
    "derived_exit_code": "INTEGER",
    "derived_exit_signal": "INTEGER",
    "requested_cpus": "INTEGER",
    "allocated_cpus": "INTEGER",
    "nodes": "INTEGER",
    "memory_bytes": "BIGINT",  # requested, for the whole job
    "gpus": "INTEGER",
    "timelimit_seconds": "BIGINT",  # NULL: unlimited, the partition's, or unknown
    "node_list": "VARCHAR",
    "reason": "VARCHAR",  # why it waits or waited: PartitionConfig, Dependency
    "source": "VARCHAR",  # which format it came from
}

KEY: Final = ("raw_id", "submit_at", "attempt")  # within a cluster

# What a format must deliver, as text exactly as the source has it; absent columns are NULL.
RAW: Final = (
    *("job_id", "raw_id", "cluster", "user_name", "group_name", "account", "partition", "qos", "name"),
    *("submit", "eligible", "start", "end", "elapsed", "state", "exit", "derived_exit"),
    *("timelimit", "timelimit_minutes", "req_cpus", "alloc_cpus", "nodes"),
    *("req_mem", "req_tres", "alloc_tres", "node_list", "reason", "attempt"),
)
