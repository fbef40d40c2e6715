"""How long reading takes on this machine: `python -m tests.engine.notation.timing` prints
milliseconds.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from statistics import quantiles
from time import thread_time

from engine.notation import Scope, read
from tests.engine.notation import corpus, noise
from tests.engine.strategies import SCOPE


def milliseconds(pairs: Iterable[tuple[str, Scope]]) -> list[float]:
    """The processor time of each reading."""
    result = []
    for text, scope in pairs:
        start = thread_time()
        read(text, scope)
        result.append((thread_time() - start) * 1000)
    return sorted(result)


def line(title: str, times: list[float]) -> str:
    cuts = quantiles(times, n=20)
    return f"{title:10} median {cuts[9]:.3f}  95% {cuts[18]:.3f}  longest {times[-1]:.3f}"


def main() -> None:
    """Prints a line for each kind of text."""
    gc.disable()
    answers = corpus.load()
    scopes = {answer.id: answer.scope for answer in answers}
    valid = [(answer.answer, scopes[answer.id]) for answer in answers]
    milliseconds(valid)
    print(line("answers", milliseconds(valid * 20)))
    texts = [text for _, text in noise.texts(10_000, [answer.answer for answer in answers])]
    print(line("noise", milliseconds((text, SCOPE) for text in texts)))
    print(line("monsters", milliseconds((text, SCOPE) for text in noise.monsters())))


if __name__ == "__main__":
    main()
