"""What `pointsman` can do: one file for each command. Costly imports stand inside the functions."""
