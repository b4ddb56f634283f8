"""The paths of the management API."""

from __future__ import annotations

from django.urls import path, re_path

from flyball.api.abtests.abtests import (
    ABTestBand,
    ABTests,
    OneABTest,
    PlanABTest,
    RecountABTest,
    StopABTest,
    WeighABTest,
)
from flyball.api.arms.shadows import OneShadow, Shadows
from flyball.api.batches.batches import BatchAnswers, Batches, BatchRejects, OneBatch
from flyball.api.batches.uploads import NewUpload, OneUpload, Uploads
from flyball.api.builds import Builds, OneBuild
from flyball.api.described.openapi import Description
from flyball.api.endpoints import Endpoints, Fallback, OneEndpoint, Promote, Retire, Rollback, Routes
from flyball.api.entities import Entity
from flyball.api.inside.cards import CardFile, OneCard
from flyball.api.inside.diagnostics import Diagnostics
from flyball.api.jobs import CancelJob, Jobs, OneJob, RetryJob
from flyball.api.judging.backtests import Backtests, OneBacktest
from flyball.api.keys import Keys, OneKey
from flyball.api.nothing import Nothing
from flyball.api.outcomes import Outcomes, ResolveOutcome, RetractOutcome
from flyball.api.schedules import OneSchedule, PauseSchedule, ResumeSchedule, Schedules
from flyball.api.snapshots import OneSnapshot, SnapshotRows, Snapshots
from flyball.api.versions import Effect, OneVersion, VersionFiles, Versions
from flyball.api.view import outside_transactions

urlpatterns = [
    path("openapi.json", Description.as_view(), name="flyball-openapi"),
    path("endpoints", Endpoints.as_view()),
    path("endpoints/<str:endpoint>", OneEndpoint.as_view()),
    path("endpoints/<str:endpoint>/routes", Routes.as_view()),
    path("endpoints/<str:endpoint>/promote", Promote.as_view()),
    path("endpoints/<str:endpoint>/rollback", Rollback.as_view()),
    path("endpoints/<str:endpoint>/fallback", Fallback.as_view()),
    path("endpoints/<str:endpoint>/retire", Retire.as_view()),
    path("endpoints/<str:endpoint>/versions", Versions.as_view()),
    path("endpoints/<str:endpoint>/versions/<int:number>", OneVersion.as_view()),
    path(
        "endpoints/<str:endpoint>/versions/<int:number>/files.zip",
        VersionFiles.as_view(),
        name="flyball-version-files",
    ),
    path("endpoints/<str:endpoint>/versions/<int:number>/diagnostics", Diagnostics.as_view()),
    path("endpoints/<str:endpoint>/versions/<int:number>/card", OneCard.as_view()),
    path("endpoints/<str:endpoint>/versions/<int:number>/card.md", CardFile.as_view()),
    path("endpoints/<str:endpoint>/versions/<int:number>/effect", Effect.as_view()),
    path("endpoints/<str:endpoint>/backtests", Backtests.as_view()),
    path("endpoints/<str:endpoint>/backtests/<int:number>", OneBacktest.as_view()),
    path("endpoints/<str:endpoint>/batches", Batches.as_view()),
    path("endpoints/<str:endpoint>/batches/<int:number>", OneBatch.as_view()),
    path("endpoints/<str:endpoint>/batches/<int:number>/answers", BatchAnswers.as_view()),
    path("endpoints/<str:endpoint>/batches/<int:number>/rejects", BatchRejects.as_view()),
    path("endpoints/<str:endpoint>/uploads", Uploads.as_view()),
    path("endpoints/<str:endpoint>/uploads/<int:number>", OneUpload.as_view()),
    path("endpoints/<str:endpoint>/uploads/<str:name>", outside_transactions(NewUpload.as_view())),
    path("endpoints/<str:endpoint>/builds", Builds.as_view()),
    path("endpoints/<str:endpoint>/builds/<int:number>", OneBuild.as_view()),
    path("endpoints/<str:endpoint>/snapshots", Snapshots.as_view()),
    path("endpoints/<str:endpoint>/snapshots/<str:digest>", OneSnapshot.as_view()),
    path(
        "endpoints/<str:endpoint>/snapshots/<str:digest>/rows.parquet",
        SnapshotRows.as_view(),
        name="flyball-snapshot-rows",
    ),
    path("endpoints/<str:endpoint>/schedules", Schedules.as_view()),
    path("endpoints/<str:endpoint>/schedules/<str:name>", OneSchedule.as_view()),
    path("endpoints/<str:endpoint>/schedules/<str:name>/pause", PauseSchedule.as_view()),
    path("endpoints/<str:endpoint>/schedules/<str:name>/resume", ResumeSchedule.as_view()),
    path("endpoints/<str:endpoint>/tests", ABTests.as_view()),
    path("endpoints/<str:endpoint>/tests/plan", PlanABTest.as_view()),
    path("endpoints/<str:endpoint>/tests/<int:number>", OneABTest.as_view()),
    path("endpoints/<str:endpoint>/tests/<int:number>/band", ABTestBand.as_view()),
    path("endpoints/<str:endpoint>/tests/<int:number>/weights", WeighABTest.as_view()),
    path("endpoints/<str:endpoint>/tests/<int:number>/stop", StopABTest.as_view()),
    path("endpoints/<str:endpoint>/tests/<int:number>/recount", RecountABTest.as_view()),
    path("endpoints/<str:endpoint>/shadows", Shadows.as_view()),
    path("endpoints/<str:endpoint>/shadows/<int:number>", OneShadow.as_view()),
    path("endpoints/<str:endpoint>/outcomes", Outcomes.as_view()),
    path("endpoints/<str:endpoint>/outcomes/<int:number>/resolve", ResolveOutcome.as_view()),
    path("endpoints/<str:endpoint>/outcomes/<int:number>/retract", RetractOutcome.as_view()),
    path("endpoints/<str:endpoint>/entities/<path:key>", Entity.as_view()),
    path("jobs", Jobs.as_view()),
    path("jobs/<str:identity>", OneJob.as_view()),
    path("jobs/<str:identity>/cancel", CancelJob.as_view()),
    path("jobs/<str:identity>/retry", RetryJob.as_view()),
    path("keys", Keys.as_view()),
    path("keys/<int:number>", OneKey.as_view()),
    re_path(r"", Nothing.as_view()),
]
