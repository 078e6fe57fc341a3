"""Pictures of listings: `uploading` and `arranging` for owners, `work` for the worker, `upkeep` for chores."""
