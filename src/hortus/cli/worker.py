"""`hortus worker`: run background tasks."""

import click

from hortus.cli.frame import Answer
from hortus.cli.frame import command as declare


@declare("worker", django=False)
@click.option("--threads", type=click.IntRange(1, 16), help="Tasks to run at the same time.")
@click.option("--drain", is_flag=True, help="Run what is ready now, one after the other, and end.")
def command(threads: int | None, drain: bool) -> Answer:
    """Run background tasks until Ctrl-C or SIGTERM; any number of workers may run beside one another."""
    import django

    from hortus.config import data_folder, declared, preparation, start

    declared.override(worker_threads=threads)
    settings = declared.read()
    django.setup()
    from django.conf import settings as django_settings

    from hortus.ledger import queue_worker

    preparation.refuse_stale()
    with data_folder.working(django_settings.DATA_DIR):
        if drain:
            count = queue_worker.drain()
            return Answer({"ran": count}, f"Ran {count} tasks.")
        click.echo("The worker is ready (Ctrl-C stops it).", err=True)
        given_back = start.run_worker(settings)
    text = "Some tasks were given back unfinished; another worker runs them." if given_back else "Stopped."
    return Answer({"given_back": bool(given_back)}, text, trouble=bool(given_back))
