"""LightGBM and XGBoost as estimators that keep plain trees: the library is there for a fit alone."""
