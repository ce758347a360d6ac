"""Batch accounting: scheduler records in, Parquet by month out, and questions asked of it. No Django in here.

The database rows that say which Parquet files count live one room up, in `hortus.telemetry`.
"""
