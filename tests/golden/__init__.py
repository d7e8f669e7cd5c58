"""What people see: every card, on every platform, as it is meant to look."""
