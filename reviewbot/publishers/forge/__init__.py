"""Comments on pull requests and merge requests: what to say, what is there already, what to send.

Everything but the clients (`github.py`, `gitlab.py`) is pure: findings and the state of the request
make a plan, the plan makes requests.
"""
