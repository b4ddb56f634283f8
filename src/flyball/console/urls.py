"""The addresses of the console."""

from __future__ import annotations

from django.urls import path

from flyball.console.frame import assets
from flyball.console.frame.charted import OneDrawing
from flyball.console.pages.abtests.all import AllTests
from flyball.console.pages.abtests.changing import ReweighTest, StopTest
from flyball.console.pages.abtests.one import OneTest, StandingFile
from flyball.console.pages.abtests.starting import StartTest
from flyball.console.pages.arms.shadows import OneShadow, RemoveShadow, Shadows
from flyball.console.pages.asking.all import AllAsks
from flyball.console.pages.asking.entities import FindEntity
from flyball.console.pages.asking.files import FileAnswers, FilePart, Files, OneFile
from flyball.console.pages.asking.links import Links, RevokeLink
from flyball.console.pages.asking.one import OneAsk, TellAsk
from flyball.console.pages.asking.public import Embedded
from flyball.console.pages.asking.rows import RowsAsk
from flyball.console.pages.builds import AllBuilds, Builds, OneBuild
from flyball.console.pages.comparing import Compare, Versions
from flyball.console.pages.data.backtests import Backtests, OneBacktest
from flyball.console.pages.data.outcomes import GiveOutcome, Outcomes, ResolveOutcome, RetractOutcome
from flyball.console.pages.data.predictions import Erase, OnePrediction, Predictions, PredictionsFile, Replay
from flyball.console.pages.data.snapshots import OneSnapshot, Snapshots
from flyball.console.pages.data.tables import Entity, Tables
from flyball.console.pages.described import Described
from flyball.console.pages.endpoints import OneEndpoint
from flyball.console.pages.home import Home
from flyball.console.pages.inside.cards import CardFile, OneCard
from flyball.console.pages.inside.diagnostics import AskDiagnosis, Diagnostics
from flyball.console.pages.jobs import CancelJob, Jobs, OneJob, RetryJob
from flyball.console.pages.joining import Join
from flyball.console.pages.keys import Keys, NewKey, RevokeKey
from flyball.console.pages.people import Invite, Member, People, RemoveMember, Withdraw
from flyball.console.pages.promoting import Promote, PromoteEffect, Rollback, RollbackEffect
from flyball.console.pages.revisions import Revisions
from flyball.console.pages.schedules import PauseSchedule, ResumeSchedule, Schedules
from flyball.console.pages.search import Search
from flyball.console.pages.traffic import Traffic
from flyball.console.pages.versions import ArchiveVersion, OneVersion, RemoveVersion, RestoreVersion

urlpatterns = [
    path("", Home.as_view(), name="flyball-home"),
    path("endpoints/<str:endpoint>", OneEndpoint.as_view(), name="flyball-endpoint"),
    path("endpoints/<str:endpoint>/traffic", Traffic.as_view(), name="flyball-traffic"),
    path("endpoints/<str:endpoint>/drawings/<str:digest>.svg", OneDrawing.as_view(), name="flyball-drawing"),
    path(
        "endpoints/<str:endpoint>/drawings/<str:digest>.png",
        OneDrawing.as_view(),
        name="flyball-drawing-pixels",
    ),
    path("endpoints/<str:endpoint>/promote/<int:number>", Promote.as_view(), name="flyball-promote"),
    path(
        "endpoints/<str:endpoint>/promote/<int:number>/effect",
        PromoteEffect.as_view(),
        name="flyball-promote-effect",
    ),
    path(
        "endpoints/<str:endpoint>/rollback/effect", RollbackEffect.as_view(), name="flyball-rollback-effect"
    ),
    path("endpoints/<str:endpoint>/rollback", Rollback.as_view(), name="flyball-rollback"),
    path("endpoints/<str:endpoint>/revisions", Revisions.as_view(), name="flyball-revisions"),
    path("endpoints/<str:endpoint>/tests", AllTests.as_view(), name="flyball-abtests"),
    path("endpoints/<str:endpoint>/tests/start", StartTest.as_view(), name="flyball-start-abtest"),
    path("endpoints/<str:endpoint>/tests/<int:number>", OneTest.as_view(), name="flyball-abtest"),
    path(
        "endpoints/<str:endpoint>/tests/<int:number>.csv", StandingFile.as_view(), name="flyball-abtest-csv"
    ),
    path(
        "endpoints/<str:endpoint>/tests/<int:number>.json", StandingFile.as_view(), name="flyball-abtest-json"
    ),
    path(
        "endpoints/<str:endpoint>/tests/<int:number>/weights",
        ReweighTest.as_view(),
        name="flyball-reweigh-abtest",
    ),
    path("endpoints/<str:endpoint>/tests/<int:number>/stop", StopTest.as_view(), name="flyball-stop-abtest"),
    path("endpoints/<str:endpoint>/backtests", Backtests.as_view(), name="flyball-backtests"),
    path("endpoints/<str:endpoint>/backtests/<int:number>", OneBacktest.as_view(), name="flyball-backtest"),
    path("endpoints/<str:endpoint>/builds", Builds.as_view(), name="flyball-builds"),
    path("endpoints/<str:endpoint>/builds/<int:number>", OneBuild.as_view(), name="flyball-build"),
    path(
        "endpoints/<str:endpoint>/versions/<int:number>/archive",
        ArchiveVersion.as_view(),
        name="flyball-archive-version",
    ),
    path(
        "endpoints/<str:endpoint>/versions/<int:number>/restore",
        RestoreVersion.as_view(),
        name="flyball-restore-version",
    ),
    path(
        "endpoints/<str:endpoint>/versions/<int:number>/remove",
        RemoveVersion.as_view(),
        name="flyball-remove-version",
    ),
    path(
        "endpoints/<str:endpoint>/versions/<int:number>/diagnostics",
        Diagnostics.as_view(),
        name="flyball-diagnostics",
    ),
    path("endpoints/<str:endpoint>/versions/<int:number>/card", OneCard.as_view(), name="flyball-card"),
    path(
        "endpoints/<str:endpoint>/versions/<int:number>/card.md", CardFile.as_view(), name="flyball-card-file"
    ),
    path(
        "endpoints/<str:endpoint>/versions/<int:number>/diagnose",
        AskDiagnosis.as_view(),
        name="flyball-diagnose",
    ),
    path("endpoints/<str:endpoint>/versions", Versions.as_view(), name="flyball-versions"),
    path("endpoints/<str:endpoint>/compare", Compare.as_view(), name="flyball-compare"),
    path("endpoints/<str:endpoint>/versions/<int:number>", OneVersion.as_view(), name="flyball-version"),
    path("endpoints/<str:endpoint>/shadows", Shadows.as_view(), name="flyball-shadows"),
    path("endpoints/<str:endpoint>/shadows/<int:number>", OneShadow.as_view(), name="flyball-shadow"),
    path(
        "endpoints/<str:endpoint>/shadows/<int:number>/remove",
        RemoveShadow.as_view(),
        name="flyball-remove-shadow",
    ),
    path("endpoints/<str:endpoint>/tables", Tables.as_view(), name="flyball-tables"),
    path("endpoints/<str:endpoint>/entities", Entity.as_view(), name="flyball-entity"),
    path("endpoints/<str:endpoint>/snapshots", Snapshots.as_view(), name="flyball-snapshots"),
    path("endpoints/<str:endpoint>/snapshots/<str:digest>", OneSnapshot.as_view(), name="flyball-snapshot"),
    path(
        "endpoints/<str:endpoint>/schedules/<str:name>/pause",
        PauseSchedule.as_view(),
        name="flyball-pause-schedule",
    ),
    path(
        "endpoints/<str:endpoint>/schedules/<str:name>/resume",
        ResumeSchedule.as_view(),
        name="flyball-resume-schedule",
    ),
    path("builds", AllBuilds.as_view(), name="flyball-all-builds"),
    path("search", Search.as_view(), name="flyball-search"),
    path("api/docs", Described.as_view(), name="flyball-api"),
    path("ask", AllAsks.as_view(), name="flyball-asks"),
    path("ask/<str:endpoint>", OneAsk.as_view(), name="flyball-ask"),
    path("ask/<str:endpoint>/outcome", TellAsk.as_view(), name="flyball-tell-ask"),
    path("ask/<str:endpoint>/entities", FindEntity.as_view(), name="flyball-ask-entities"),
    path("ask/<str:endpoint>/rows", RowsAsk.as_view(), name="flyball-ask-rows"),
    path("ask/<str:endpoint>/files", Files.as_view(), name="flyball-ask-files"),
    path("ask/<str:endpoint>/files/<int:number>", OneFile.as_view(), name="flyball-ask-file"),
    path("ask/<str:endpoint>/files/<int:number>/parts", FilePart.as_view(), name="flyball-ask-file-part"),
    path(
        "ask/<str:endpoint>/files/<int:number>/answers.csv",
        FileAnswers.as_view(),
        name="flyball-ask-file-answers",
    ),
    path(
        "ask/<str:endpoint>/files/<int:number>/rejects.csv",
        FileAnswers.as_view(),
        name="flyball-ask-file-rejects",
    ),
    path("ask/<str:endpoint>/links", Links.as_view(), name="flyball-ask-links"),
    path(
        "ask/<str:endpoint>/links/<int:number>/revoke", RevokeLink.as_view(), name="flyball-revoke-ask-link"
    ),
    path("asked/<str:text>", Embedded.as_view(), name="flyball-asked"),
    path("people", People.as_view(), name="flyball-people"),
    path("people/invite", Invite.as_view(), name="flyball-invite"),
    path("people/invitations/<int:number>/withdraw", Withdraw.as_view(), name="flyball-withdraw"),
    path("people/members/<int:number>", Member.as_view(), name="flyball-member"),
    path("people/members/<int:number>/remove", RemoveMember.as_view(), name="flyball-remove-member"),
    path("keys", Keys.as_view(), name="flyball-keys"),
    path("keys/new", NewKey.as_view(), name="flyball-new-key"),
    path("keys/<int:number>/revoke", RevokeKey.as_view(), name="flyball-revoke-key"),
    path("schedules", Schedules.as_view(), name="flyball-schedules"),
    path("jobs", Jobs.as_view(), name="flyball-jobs"),
    path("jobs/<uuid:identity>", OneJob.as_view(), name="flyball-job"),
    path("jobs/<uuid:identity>/cancel", CancelJob.as_view(), name="flyball-cancel-job"),
    path("jobs/<uuid:identity>/retry", RetryJob.as_view(), name="flyball-retry-job"),
    path("endpoints/<str:endpoint>/outcomes", Outcomes.as_view(), name="flyball-outcomes"),
    path(
        "endpoints/<str:endpoint>/outcomes/<int:number>/resolve",
        ResolveOutcome.as_view(),
        name="flyball-resolve-outcome",
    ),
    path(
        "endpoints/<str:endpoint>/outcomes/<int:number>/retract",
        RetractOutcome.as_view(),
        name="flyball-retract-outcome",
    ),
    path("predictions", Predictions.as_view(), name="flyball-predictions"),
    path("predictions.csv", PredictionsFile.as_view(), name="flyball-predictions-file"),
    path("predictions/<uuid:identity>", OnePrediction.as_view(), name="flyball-prediction"),
    path("predictions/<uuid:identity>/outcome", GiveOutcome.as_view(), name="flyball-give-outcome"),
    path("predictions/<uuid:identity>/replay", Replay.as_view(), name="flyball-replay"),
    path("predictions/<uuid:identity>/erase", Erase.as_view(), name="flyball-erase"),
    path("join/<str:text>", Join.as_view(), name="flyball-join"),
    path("assets/<slug:digest>/<str:name>", assets.hand_out, name="flyball-asset"),
]
