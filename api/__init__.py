"""The service: Flask, storage, the hand-off to the graders, analytics.

An attempt's way through the files:

    attempts/routes.py    the request, the bearer token, the answer's text
    attempts/service.py   the row PENDING, committed: the truth and the outbox
    queue.py              the hand-over to the grading worker (grader/worker.py)
    queue.py              the verdict comes back and is recorded once
    scheduler.py          what is due again and again: sweeper.py, regrades, webhooks
    attempts/routes.py    the verdict, read or waited for
"""
