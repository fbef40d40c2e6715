"""One right answer for each exercise that the laws are tried on, as a learner would write it."""

from __future__ import annotations

RIGHT_TEXTS: dict[str, str] = {
    "S1.w": "(a - y) x",
    "S1.x": "(a - y) w",
    "S1row.w": "(a - y) x^T",
    "S2.w": r"\frac{1}{m} X (a - y)^T",
    "S2rows.w": "X.T @ (a - y) / m",
    "S3.a1": "W2^T (W3^T (a3 - y) * a2 * (1 - a2))",
    "S3.W1": "((W2^T (W3^T (a3 - y) * a2 * (1 - a2))) * a1 * (1 - a1)) x^T",
    "S4.w": "2(yhat - y)(1 - yhat^2) s (1 - s) x^2",
    "S5.w": "-(y/yhat) 1{z>0} x",
    "S6.x": "2(yhat - y) W^T * s * (1 - s)",
    "S6.W": "2 s^T (yhat - y)",
}
