"""LightGBM and XGBoost, compiled, beside the libraries themselves."""
