"""What is counted, for whom. `windows` says of which days."""
