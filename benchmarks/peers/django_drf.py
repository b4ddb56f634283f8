"""Django REST Framework as tutorials serve a model: a serializer, the pipeline, two writes a request."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import django
from django.conf import settings

HOME = Path(os.environ["PEER_HOME"])
KINDS: dict[str, str] = json.loads((HOME / "fields.json").read_text())

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HOME / "django.sqlite3"}},
    INSTALLED_APPS=["rest_framework"],
    ROOT_URLCONF=__name__,
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
    USE_TZ=True,
)
django.setup()

import joblib  # noqa: E402 - Django comes first
import pandas as pd  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class Prediction(models.Model):
    """What was asked and answered."""

    input = models.JSONField()
    output = models.JSONField(null=True)
    milliseconds = models.FloatField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "peer"


pipeline = joblib.load(HOME / "boosting.joblib")
labels = pipeline.classes_.tolist()
FIELDS: dict[str, Any] = {
    name: serializers.CharField(allow_blank=True) if kind == "category" else serializers.FloatField()
    for name, kind in KINDS.items()
}
RowSerializer: Any = type("RowSerializer", (serializers.Serializer,), FIELDS)


class Predict(APIView):
    """One row in, its label and probabilities out."""

    def post(self, request: Request) -> Response:
        """Check the row, store it, answer it, store the answer."""
        began = time.perf_counter()
        serializer = RowSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        prediction = Prediction(input=serializer.validated_data)
        prediction.save()
        probabilities = pipeline.predict_proba(pd.DataFrame([serializer.validated_data]))[0]
        prediction.output = {
            "label": labels[probabilities.argmax()],
            "probabilities": dict(zip(labels, probabilities.tolist(), strict=True)),
        }
        prediction.milliseconds = (time.perf_counter() - began) * 1000
        prediction.save()
        return Response(prediction.output)


urlpatterns = [path("predictions", Predict.as_view())]
if "peer_prediction" not in connection.introspection.table_names():
    with connection.schema_editor() as editor:
        editor.create_model(Prediction)
application = get_wsgi_application()
