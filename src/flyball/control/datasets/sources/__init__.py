"""Sources of a declaration, read through Django or from files into Parquet files of the workspace."""
