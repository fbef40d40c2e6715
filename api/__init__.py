"""The service: Flask, storage, the hand-off to the graders, analytics.

An attempt's way through the files:

    attempts/routes.py    the request, the bearer token, the answer's text
    attempts/places.py    where it belongs, and whether it is accepted there
    attempts/service.py   the row PENDING, committed: the truth and the outbox
    queue.py              the hand-over to the grading worker (grader/worker.py)
    queue.py              the verdict comes back
    attempts/recording.py it is recorded once, with all that it sets in motion: marks, regrades,
                          webhooks, counts
    scheduler.py          what is due again and again: sweeper.py, regrades, webhooks
    attempts/routes.py    the verdict, read or waited for
"""
