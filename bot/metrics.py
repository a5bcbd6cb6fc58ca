"""The numbers of one running bot, for Prometheus. Labels carry channel names and states, never people."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric


class Metrics:
    """A registry of its own, so that two apps in one process (tests) do not share numbers.

    What is counted for every line of chat are plain integers, read when somebody asks: the library's
    counter takes a lock each time.
    """

    def __init__(self) -> None:
        self.received = 0
        self.handled = 0
        self.errors = 0
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self.deliveries = self._gauge("songnuan_deliveries", "Rows of the outbox", "channel", "status")
        self.requests = self._gauge("songnuan_help_requests", "Help requests", "state")
        self.sent_today = self._gauge("songnuan_sent_today", "Messages since midnight", "channel", "purpose")
        self.left_today = self._gauge("songnuan_left_today", "What the account may still send today", "channel")
        self.channel_up = self._gauge("songnuan_channel_up", "1 while the channel is online", "channel")

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        yield CounterMetricFamily("songnuan_messages_received", "Messages read", self.received)
        yield CounterMetricFamily("songnuan_messages_handled", "Messages that a conversation took up", self.handled)
        yield CounterMetricFamily("songnuan_errors", "Work that failed and was tried again or given up", self.errors)

    def expose(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
