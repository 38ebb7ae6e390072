"""The tables of the desk, and those of the shop."""

from django.db import connection, migrations, models

from supporttiers import schema


class Migration(migrations.Migration):
    """The first."""

    initial = True
    dependencies = ()
    operations = (
        migrations.RunSQL(
            sql=list(schema.statements(connection.vendor)),
            reverse_sql=list(schema.drop_statements()),
            state_operations=[
                migrations.CreateModel(
                    name="Case",
                    fields=[
                        ("id", models.CharField(max_length=200, primary_key=True, serialize=False)),
                        ("tenant", models.CharField(max_length=200)),
                        ("subject", models.TextField()),
                        ("status", models.CharField(max_length=20)),
                        ("tier", models.IntegerField()),
                        ("assignee", models.CharField(max_length=200, null=True)),
                    ],
                    options={"db_table": "supporttiers_cases", "managed": False},
                ),
            ],
        ),
        migrations.CreateModel(
            name="Complaint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order_number", models.CharField(max_length=20)),
                ("text", models.TextField()),
                ("case_id", models.CharField(max_length=200, unique=True)),
            ],
        ),
    )
