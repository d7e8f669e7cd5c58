"""What every storage promises, tested on memory, SQLite and PostgreSQL alike."""
