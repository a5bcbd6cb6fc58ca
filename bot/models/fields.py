"""Field types of our own: encrypted text, instants that compare right on both databases, short lists."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.fields import Field
from tortoise.models import Model

from bot.models import keys

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970 in UTC; raises ValueError for a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime is not an instant")
    return (instant - EPOCH) // MILLISECOND


def from_ms(stored: int) -> datetime:
    return EPOCH + stored * MILLISECOND


class Instant(Field[datetime], datetime):
    """An aware instant, stored as integer milliseconds since 1970 UTC.

    SQLite would compare datetimes as text, and a text in +08:00 sorts wrong among texts in UTC;
    integers compare the same on every database.
    """

    SQL_TYPE = "BIGINT"

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        self.validate(value)
        return to_ms(value) if isinstance(value, datetime) else value

    def to_python_value(self, value: Any) -> Any:
        return from_ms(value) if isinstance(value, int) else value


class EncryptedText(Field[str], str):  # type: ignore[misc]
    """Text that is ciphertext in the database (see `bot.models.keys`); cannot be filtered on."""

    indexable = False
    SQL_TYPE = "BLOB"

    class _db_postgres:
        SQL_TYPE = "BYTEA"

    def _context(self) -> bytes:
        return f"{self.model._meta.db_table}.{self.model_field_name}".encode()

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        self.validate(value)
        return None if value is None else keys.current().seal(value, self._context())

    def to_python_value(self, value: Any) -> Any:
        if isinstance(value, bytes | memoryview):
            return keys.current().open(bytes(value), self._context())
        return value
