"""`pointsman chat`: one person talks with a campaign in the terminal, in a world in memory (`gateway.simulation`)."""
