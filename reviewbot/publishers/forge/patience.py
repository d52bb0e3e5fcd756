"""Sends a request until it is answered: waits where a forge asks to, repeats only what can be.

A request that makes something and gets no clear answer is never repeated blindly: `DoubtfulError`
asks the caller to read the state again, where what was made would be found.
"""

import re
import time
from collections.abc import Callable

import msgspec

from reviewbot.errors import ForgeError
from reviewbot.publishers.forge.wire import (
    Answer,
    BrokenAnswerError,
    DeniedError,
    DoubtfulError,
    MissingError,
    Request,
    UnfitError,
    Wire,
)

TRIES = 5
_FIRST_PAUSE = 1.0
_SECONDARY_PAUSE = 60.0
"""Seconds that GitHub asks to wait for where a secondary limit names none; doubled each time."""


class Patience(msgspec.Struct):
    """A wire that waits and tries again. Counts what it sends."""

    wire: Wire
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    longest: float = 900.0
    """Seconds of waiting in a run, all together."""
    sent: int = 0
    waited: float = 0.0

    def send(self, request: Request) -> Answer:
        """An answer of 2xx.

        Raises:
            DoubtfulError: it may have been carried out; not raised for repeatable requests.
            DeniedError: 403. MissingError: 404. UnfitError: 400, 422.
            ForgeError: any other refusal, or no answer after all tries.
        """
        for turn in range(TRIES):
            self.sent += 1
            try:
                answer = _readable(self.wire.exchange(request))
            except BrokenAnswerError as error:
                self._again(request, turn, str(error))
                continue
            if (pause := _limit(answer, turn, self.now())) is not None:
                self._wait(pause, "the forge limits the rate of requests")
            elif answer.status >= 500:
                self._again(request, turn, f"the forge answers with {answer.status}")
            else:
                return _accepted(answer)
        raise ForgeError(f"the forge did not answer {TRIES} times; the next run goes on from here")

    def _again(self, request: Request, turn: int, why: str) -> None:
        if not request.is_repeatable:
            raise DoubtfulError(why)
        if turn + 1 == TRIES:
            raise ForgeError(f"{why}, {TRIES} times; the next run goes on from here")
        self._wait(_FIRST_PAUSE * 2**turn, why)

    def _wait(self, seconds: float, why: str) -> None:
        self.waited += seconds
        if self.waited > self.longest:
            raise ForgeError(f"{why}, for longer than a run may wait; the next run goes on from here")
        self.sleep(seconds)

    def pause(self, turn: int) -> None:
        """Wait before something is looked at again."""
        self._wait(_FIRST_PAUSE * 2**turn, "the forge's answers do not arrive")


def _readable(answer: Answer) -> Answer:
    """The answer; an error where it says that all went well and is broken off."""
    if 200 <= answer.status < 300:
        _ = answer.data
    return answer


def _limit(answer: Answer, turn: int, now: float) -> float | None:
    """Seconds to wait for where the answer is a limit of the rate; None for any other answer."""
    if answer.status not in (403, 429):
        return None
    headers = answer.headers
    if (asked := _number(headers.get("retry-after"))) is not None:
        return asked
    if headers.get("x-ratelimit-remaining") == "0" or headers.get("ratelimit-remaining") == "0":
        reset = _number(headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset"))
        # a second more: nobody says when in its second it is reset
        return max(1.0, reset - now + 1) if reset is not None else _SECONDARY_PAUSE
    if answer.status == 429 or re.search("rate limit|abuse", answer.message, re.IGNORECASE):
        return _SECONDARY_PAUSE * 2.0**turn
    return None


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None


def _accepted(answer: Answer) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    said = f"{answer.status}: {answer.message}".rstrip(": ")
    if answer.status == 401:
        raise ForgeError(f"the forge does not know the token ({said}); is it expired, or for another forge?")
    if answer.status == 403:
        raise DeniedError(f"the token may not do this ({said})")
    if answer.status in (404, 410):
        raise MissingError(f"not there, or the token may not see it ({said})")
    if answer.status in (400, 422):
        raise UnfitError(f"the forge does not take it ({said})")
    if 300 <= answer.status < 400:
        raise ForgeError(f"what was asked for has moved ({said}); give its new name")
    raise ForgeError(f"the forge refuses ({said})")
