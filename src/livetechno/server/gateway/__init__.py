"""`/v1`, for any SDK: programs with an access key ask through this server, on budgets of their own.

fields.py     what may be asked for
upstream.py   the server that is asked, its models and their prices
booking.py    a call in the books: reserved before it is sent, settled after
passing.py    a stream on its way through
calls.py      a call from its first byte to its last, and the routes
"""

from livetechno.server.gateway.calls import ROUTES, set_up

__all__ = ["ROUTES", "set_up"]
