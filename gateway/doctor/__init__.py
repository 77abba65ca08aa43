"""What `pointsman doctor` looks at: one file for each thing that may hinder a gateway."""
