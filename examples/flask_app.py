"""Ask an endpoint from a Flask page: FLYBALL_URL, FLYBALL_KEY and FLYBALL_ENDPOINT say which."""

import json
import os
from typing import Any

from flask import Flask, render_template_string, request

from flyball.client import Client
from flyball.domain.errors import FlyballError

app = Flask(__name__)
ENDPOINT = os.environ["FLYBALL_ENDPOINT"]
CLIENT = Client(os.environ["FLYBALL_URL"], os.environ["FLYBALL_KEY"])  # a caller's key is enough
PAGE = """<!doctype html><html lang="en"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>{{ endpoint }}</title><main><h1>{{ endpoint }}</h1>
<form method="post">{% for name, field in fields.items() if field.type %}<p><label>{{ name }}
{% set choices = field.enum or field.examples or ([true, false] if "boolean" in field.type) %}
{% if choices %}<select name="{{ name }}"><option value=""></option>
{% for each in choices if each is not none %}<option value="{{ each|tojson|forceescape }}"
{{ "selected" if request.form[name] == each|tojson }}>{{ each }}</option>{% endfor %}</select>
{% else %}<input name="{{ name }}" value="{{ request.form[name] }}">{% endif %}</label>
<small>{{ field.description }}</small></p>{% endfor %}<button>Ask</button></form>
{% if refused %}<pre role="alert">{{ refused }}</pre>{% endif %}
{% if answer %}<h2>{{ answer.output.values()|first }}</h2>
{% for label, probability in (answer.output.probabilities or {}).items() %}<p><label>{{ label }}
<meter value="{{ probability }}"></meter></label> {{ "%.0f%%" % (100 * probability) }}</p>{% endfor %}
<p>{{ "Decision: " ~ answer.decision if answer.decision }}</p><form method="post">Was this right? It was:
<input type="hidden" name="prediction" value="{{ answer.id }}">{% for each in answer.output.probabilities %}
<button name="happened" value="{{ each|tojson|forceescape }}">{{ each }}</button>{% else %}
<input name="happened" aria-label="It was"><button>Tell</button>{% endfor %}</form>
{% endif %}{% if told %}<p role="status">Thank you: it is recorded.</p>{% endif %}</main></html>"""


def entered(field: dict[str, Any], text: str) -> Any:
    """The value that was sent as text; what is none is left for Flyball to refuse, with its reason."""
    is_text = "string" in field["type"] and not (field.get("enum") or field.get("examples"))
    try:
        return text if is_text else json.loads(text, parse_constant=str)
    except ValueError:
        return text


@app.route("/", methods=["GET", "POST"])
def page() -> str:
    """The form; and, where it was sent, the answer, or what was told of it."""
    fields = CLIENT.schema(ENDPOINT)["properties"]
    shown: dict[str, Any] = {"endpoint": ENDPOINT, "fields": fields}
    try:
        if "prediction" in request.form:
            happened = entered({"type": ["number"]}, request.form["happened"])
            shown["told"] = CLIENT.outcome(request.form["prediction"], happened)
        elif request.method == "POST":
            sent = {name: text for name, text in request.form.items() if text and name in fields}
            row = {name: entered(fields[name], text) for name, text in sent.items()}
            shown["answer"] = CLIENT.predict(ENDPOINT, input=row)
    except FlyballError as refused:
        shown["refused"] = refused
    return render_template_string(PAGE, **shown)
