"""Anomaly detection: scores without outcomes, what judges them, and from where on they are anomalies'."""
