"""The counters of one running bot, for Prometheus. Labels carry channel names and states, never people."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """A registry of its own, so that two apps in one process (tests) do not share numbers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter("songnuan_messages_received_total", "Messages read", registry=self.registry)
        self.handled = Counter(
            "songnuan_messages_handled_total", "Messages that a conversation took up", registry=self.registry
        )
        self.errors = Counter(
            "songnuan_errors_total", "Work that failed and was tried again or given up", registry=self.registry
        )
        self.deliveries = self._gauge("songnuan_deliveries", "Rows of the outbox", "channel", "status")
        self.requests = self._gauge("songnuan_help_requests", "Help requests", "state")
        self.channel_up = self._gauge("songnuan_channel_up", "1 while the channel is online", "channel")

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def expose(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
