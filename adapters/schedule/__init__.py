"""The clock. What is due is a query over our own tables; a tick only asks it.

Nothing else imports APScheduler. Restart, sleep or a second process change nothing, because no
tick carries work of its own.
"""
