"""Clerks in the bank's admin."""

from django.contrib import admin

from accounts.models import User

admin.site.register(User)
