"""The clinic's tables in Django's admin."""

from django.contrib import admin

from clinic import models

admin.site.register([models.Patient, models.Mean, models.Error, models.Worst])
