"""What a request asks for, checked as the API does, and how it is refused.

`bodies` reads JSON and `lists` a query; `scopes` finds whose calls are meant.
"""
