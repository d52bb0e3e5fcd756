"""Where a token may be sent."""

from urllib.parse import urlsplit

from reviewbot.errors import ForgeError


def check_address(api: str, variable: str, token: str) -> None:
    """Refuse an address that would show the token to others; loopback is for tests.

    Raises:
        ForgeError: it is not https, or holds a name or a password.
    """
    parts = urlsplit(api)
    is_here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
        raise ForgeError(f"{variable} must begin with https://: the token would be readable on the way")
    if parts.username or parts.password:
        raise ForgeError(f"{variable} must not hold a name or a password; the token is read from {token}")
