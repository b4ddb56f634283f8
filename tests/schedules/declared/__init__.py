"""An app that declares an endpoint."""
