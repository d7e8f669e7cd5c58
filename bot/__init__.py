"""The conversation core: plain functions over frozen data, standard library only.

Read in this order:

``messages``       the neutral card: what the bot says
``heard``          what adapters hand in: what was said to the bot
``ports``          what the core needs from outside
``actions``        the fixed words that buttons carry
``turn``           one turn of a conversation, and the ways to answer it
``conversation``   the only dispatcher, from ``heard`` to the features
``delivery``       what follows from the outcome of one send
``codec``          cards to plain data and back, for storage
``examples``       one example of every card

Features, each with ``model`` → ``rules`` → ``handlers`` → ``cards``:

``people``         persons, accounts, roles
``needs``          from one sentence to a receipt
``pulses``         one tap, no person key, results by rule
``announcements``  drafted, previewed, confirmed, delivered, counted

Nothing here reads a clock, a database or the network: times and ids come in as arguments.
"""
