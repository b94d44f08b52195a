"""The table of parcels."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes the table."""

    initial = True
    operations = [
        migrations.CreateModel(
            name="Parcel",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("address", models.CharField(max_length=200)),
                ("courier", models.CharField(max_length=50, blank=True)),
                ("flow_id", models.CharField(max_length=128)),
            ],
        )
    ]
