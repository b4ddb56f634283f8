"""Ask an endpoint from a Streamlit page: FLYBALL_URL, FLYBALL_KEY and FLYBALL_ENDPOINT say which."""

import os
from typing import Any

import streamlit as st

from flyball.client import Client
from flyball.domain.errors import FlyballError

ENDPOINT = os.environ["FLYBALL_ENDPOINT"]


@st.cache_resource
def client() -> Client:
    """One client for all who look at the page. The key stays on the server; a caller's is enough."""
    return Client(os.environ["FLYBALL_URL"], os.environ["FLYBALL_KEY"])


def entered(name: str, field: dict[str, Any]) -> Any:
    """What somebody enters for a field; ``None`` where that is left out."""
    hint, choices = field.get("description"), field.get("enum") or field.get("examples")
    if "boolean" in field["type"] and not choices:
        choices = [True, False]
    if choices:
        return st.selectbox(name, [each for each in choices if each is not None], index=None, help=hint)
    if "integer" in field["type"]:
        return st.number_input(name, value=None, step=1, help=hint)
    if "number" in field["type"]:
        return st.number_input(name, value=None, format="%.15g", help=hint)
    return st.text_input(name, help=hint) or None


st.title(ENDPOINT)
with st.form("question"):
    fields = client().schema(ENDPOINT)["properties"]
    row = {name: entered(name, field) for name, field in fields.items() if "type" in field}
    is_asked = st.form_submit_button("Ask")
if is_asked:
    try:
        given = {name: value for name, value in row.items() if value is not None}
        st.session_state.answer = client().predict(ENDPOINT, input=given)
    except FlyballError as refused:
        st.session_state.answer = None
        st.error(str(refused))
if answer := st.session_state.get("answer"):
    st.header(str(next(iter(answer["output"].values()))))
    probabilities = answer["output"].get("probabilities", {})
    for label, probability in probabilities.items():
        st.progress(probability, text=f"{label}: {probability:.0%}")
    st.write(f"Decision: {answer['decision']}" if answer["decision"] else "")
    with st.form("outcome"):
        asked, labels = "Was this right? It was:", list(probabilities)
        happened = st.radio(asked, labels) if labels else st.number_input(asked)
        if st.form_submit_button("Tell"):
            client().outcome(answer["id"], happened)
            st.success("Thank you: it is recorded.")
