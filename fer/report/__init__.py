"""A results file of `fer batch` as one page to look at: `fer report results.parquet`."""
