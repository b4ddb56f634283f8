"""The addresses of accounts: those of allauth that this project opens; all others are closed."""

from __future__ import annotations

from allauth.account import views
from allauth.account.decorators import secure_admin_login
from allauth.socialaccount import views as social
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from flyball.project.accounts.sessions import EndSessions

account = [
    path("password", views.password_change, name="account_change_password"),
    path("password/new", views.password_set, name="account_set_password"),
    path("prove", views.reauthenticate, name="account_reauthenticate"),
    path("inactive", views.account_inactive, name="account_inactive"),
    path("protection/", include("allauth.mfa.urls")),
    path("sessions", ListUserSessionsView.as_view(form_class=EndSessions), name="usersessions_list"),
]
if settings.SOCIALACCOUNT_PROVIDERS:
    account += [
        path("", include("allauth.socialaccount.providers.openid_connect.urls")),
        path("connections", social.connections, name="socialaccount_connections"),
        path("oidc-cancelled", social.login_cancelled, name="socialaccount_login_cancelled"),
        path("oidc-error", social.login_error, name="socialaccount_login_error"),
        path("oidc-signup", social.signup, name="socialaccount_signup"),
    ]

urlpatterns = [
    path("sign-in", views.login, name="account_login"),
    path("sign-out", views.logout, name="account_logout"),
    path("account/", include(account)),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/login/", secure_admin_login(admin.site.login)),
]
