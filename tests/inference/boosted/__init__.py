"""LightGBM and XGBoost: what is kept of them beside what they say themselves."""
