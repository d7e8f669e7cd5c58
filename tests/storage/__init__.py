"""What only one kind of storage has to do."""
