"""Who is who: persons, their accounts on platforms, roles, languages and zones."""
