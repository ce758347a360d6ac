"""Django's description of the alerts app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Alerts of other programs: taken in as they were sent, and read as episodes."""

    name = "hortus.telemetry.alerts"
    label = "alerts"

    def ready(self) -> None:
        """Tell the ledger about sources and episodes, the outbox about its topic and check, others what stands."""
        from hortus.ledger import refs
        from hortus.ledger.outbox import auditing, topics
        from hortus.telemetry.alerts import looking, standing, standing_here
        from hortus.telemetry.alerts.refs import EPISODE, SOURCE, TOPIC, episode_path, source_path, told

        refs.register(SOURCE, "source of alerts", source_path, told)
        refs.register(EPISODE, "alert", episode_path, told)
        topics.register(topics.Topic(TOPIC, "Alerts came that Hortus cannot read."))
        auditing.register(looking.CHECK, looking.check)
        standing.register("alerts", standing_here.standing_of, standing_here.found_in)
