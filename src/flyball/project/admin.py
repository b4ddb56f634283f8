"""The ready-made project's users in Django's admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from flyball.project.models import User

admin.site.register(User, UserAdmin)
