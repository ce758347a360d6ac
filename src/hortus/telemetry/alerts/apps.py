"""Django's description of the alerts app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Alerts of other programs: taken in as they were sent, and read as episodes."""

    name = "hortus.telemetry.alerts"
    label = "alerts"

    def ready(self) -> None:
        """Tell the ledger and the search about alerts, the outbox about its topic and check, others what stands."""
        from hortus.access.policy import Kind
        from hortus.ledger import refs, search
        from hortus.ledger.outbox import auditing, topics
        from hortus.telemetry.alerts import findable, looking, standing, standing_here
        from hortus.telemetry.alerts.refs import EPISODE, SOURCE, TOPIC, episode_path, source_path, told

        refs.register(SOURCE, "source of alerts", source_path, told)
        refs.register(EPISODE, "alert", episode_path, told)
        sentence = "Alerts came that Hortus cannot read: to who may change what sends them."
        topics.register(topics.Topic(TOPIC, sentence, word="Unreadable alerts"))
        auditing.register(looking.CHECK, looking.check)
        search.register(EPISODE, Kind.ALERT_NOTICE, findable.documents)
        standing.register("alerts", standing_here.standing_of, standing_here.found_in, opens=standing_here.Episodes)
