"""What every app shares and no app owns: errors, ids, limits, retries, events, files, logs.

Knows no app: nothing here imports `accounts` or anything above it.
Start reading at `errors.py`, then `outbox.py`.
"""
