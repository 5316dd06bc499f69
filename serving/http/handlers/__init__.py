"""Use cases behind the routes: plain functions of a request and the answers it is asked of."""
