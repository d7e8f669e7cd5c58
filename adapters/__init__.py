"""Everything that touches the outside. Read ``wiring`` first: it is the only place that knows all.

``ears`` leads every event into the core in one transaction; ``outbox`` is the only way out.
Each platform folder reads ``app`` → ``parse`` → ``render`` → ``send`` → ``limits``.
"""
