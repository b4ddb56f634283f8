"""Loans in the bank's admin."""

from django.contrib import admin

from loans.models import Customer, Loan

admin.site.register([Customer, Loan])
