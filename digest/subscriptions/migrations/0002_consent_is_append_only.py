"""The database itself refuses to change or delete consent events: on SQLite and on PostgreSQL, by triggers."""

from django.db import migrations

TABLE = "subscriptions_consentevent"
REFUSAL = "consent events are append-only"
MAKE = {
    "sqlite": [
        f"CREATE TRIGGER consent_event_no_update BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
        f"CREATE TRIGGER consent_event_no_delete BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    ],
    "postgresql": [
        f"CREATE FUNCTION consent_event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER consent_event_no_change BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION consent_event_refuse()",
    ],
}
DROP = {
    "sqlite": ["DROP TRIGGER consent_event_no_update", "DROP TRIGGER consent_event_no_delete"],
    "postgresql": [f"DROP TRIGGER consent_event_no_change ON {TABLE}", "DROP FUNCTION consent_event_refuse()"],
}


def make(apps, schema_editor):
    for statement in MAKE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in DROP[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
