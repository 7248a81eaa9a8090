"""What the course promises about speed, measured."""
