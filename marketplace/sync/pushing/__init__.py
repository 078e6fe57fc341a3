"""What phones did while they were offline: told together, done one after the other, each exactly once."""
