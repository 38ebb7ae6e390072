"""A table of the shop's own, and the cases of the desk as the ORM sees them."""

from django.db import models


class Complaint(models.Model):
    """What a customer complains of; its case is in the desk's tables."""

    order_number = models.CharField(max_length=20)
    text = models.TextField()
    case_id = models.CharField(max_length=200, unique=True)


class Case(models.Model):
    """
    A case, read from the view `supporttiers_cases`; to change one, ask the desk.

    The key of a case is its tenant and its id. This project has one tenant, so the id is enough.
    """

    id = models.CharField(max_length=200, primary_key=True)
    tenant = models.CharField(max_length=200)
    subject = models.TextField()
    status = models.CharField(max_length=20)
    tier = models.IntegerField()
    assignee = models.CharField(max_length=200, null=True)

    class Meta:
        """It is neither made nor changed by Django."""

        managed = False
        db_table = "supporttiers_cases"
