"""The audit cannot be rewritten, not even by a mistake in our own code: the database refuses it.

Two exceptions. Erasure empties `reason` (and a new key seals the same words again: same length, another key id in
the second byte, see `bot.models.keys`). Retention deletes rows that are older than 24 months by the database's
own clock. SQLite drops triggers when it rebuilds a table: a later migration that alters `audit` makes them anew.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor

SQLITE = (
    """
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
WHEN NOT (
    NEW.id IS OLD.id AND NEW.at IS OLD.at AND NEW.staff_id IS OLD.staff_id AND NEW.action IS OLD.action
    AND NEW.subject IS OLD.subject AND NEW.subject_id IS OLD.subject_id AND NEW.detail IS OLD.detail
    AND (NEW.reason IS NULL OR NEW.reason IS OLD.reason
         OR coalesce(length(NEW.reason) = length(OLD.reason)
                     AND substr(NEW.reason, 2, 1) <> substr(OLD.reason, 2, 1), 0))
)
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END
""",
    """
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN OLD.at >= CAST(strftime('%s', 'now', '-24 months') AS INTEGER) * 1000
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END
""",
    # INSERT OR REPLACE deletes without asking the trigger above.
    """
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END
""",
)
POSTGRES = (
    """
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' AND (
            NEW.reason IS NULL OR NEW.reason IS NOT DISTINCT FROM OLD.reason
            OR (length(NEW.reason) = length(OLD.reason)
                AND substring(NEW.reason FROM 2 FOR 1) <> substring(OLD.reason FROM 2 FOR 1))
        ) THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.at < extract(epoch FROM clock_timestamp() - interval '24 months') * 1000 THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit is append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$$
""",
    """
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION audit_append_only()
""",
    """
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
""",
)


async def protect(apps: object, editor: BaseSchemaEditor) -> None:
    sqlite = editor.client.capabilities.dialect == "sqlite"
    for statement in SQLITE if sqlite else POSTGRES:
        await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    dependencies = [("models", "0002_second_stage")]

    initial = False

    operations = [ops.RunPython(protect)]
