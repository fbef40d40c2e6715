"""The catalogue's closed forms for the worksheet, copied by hand: NumPy, and text as it is read.

A row: template, slots that differ from the worksheet's own, question, NumPy, printed form.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Row(NamedTuple):
    template: str
    slots: dict[str, Any]
    question: str
    numpy: str
    text: str = ""


S1, S2, S3 = "logistic-single", "logistic-batch", "shallow-network"
S4, S5, S6 = "univariate-chain", "multivariate-scalar", "scalar-matrix"

DELTA2 = "((W3.T*(a3-y))*a2*(1-a2))"

ROWS = (
    Row(S1, {}, "da", "(a-y)/(a*(1-a))", "-y/a + (1 - y)/(1 - a)"),
    Row(S1, {}, "dz", "a-y", "a - y"),
    Row(S1, {}, "dw", "(a-y)*x", "(a - y) x"),
    Row(S1, {}, "db", "a-y", "a - y"),
    Row(S1, {}, "dx", "(a-y)*w", "(a - y) w"),
    Row(S1, {"w": "row"}, "dw", "(a-y)*x.T", "(a - y) x^T"),
    Row(S1, {"w": "row"}, "db", "a-y", "a - y"),
    Row(S1, {"w": "row"}, "dx", "(a-y)*w.T", "(a - y) w^T"),
    Row(S2, {}, "dz", "(a-y)/m", "(1/m) (a - y)"),
    Row(S2, {}, "dw", "X@(a-y).T/m", "(1/m) X (a - y)^T"),
    Row(S2, {}, "db", "np.sum(a-y)/m", "(1/m) sum(a - y)"),
    Row(S2, {}, "da", "(a-y)/(a*(1-a))/m", "(1/m) (-y/a + (1 - y)/(1 - a))"),
    Row(S2, {"batch": "rows"}, "dw", "X.T@(a-y)/m", "(1/m) X^T (a - y)"),
    Row(S2, {"batch": "rows"}, "db", "np.mean(a-y)", "(1/m) sum(a - y)"),
    Row(S2, {"w": "row"}, "dw", "(a-y)@X.T/m", "(1/m) (a - y) X^T"),
    Row(S2, {"w": "row", "reduction": "sum"}, "dw", "(a-y)@X.T", "(a - y) X^T"),
    Row(S2, {"w": "row", "reduction": "sum"}, "db", "np.sum(a-y)", "sum(a - y)"),
    Row(S3, {}, "da2", "W3.T*(a3-y)", "(a3 - y) W3^T"),
    Row(S3, {}, "da2-neuron", "(a3-y)*W3[0,0]", "(a3 - y) W3_{11}"),
    Row(S3, {}, "da1", f"W2.T@{DELTA2}", "(a3 - y) W2^T (W3^T * a2 * (1 - a2))"),
    Row(
        S3,
        {},
        "da1-neuron",
        "sum((a3-y)*W3[0,j]*a2[j,0]*(1-a2[j,0])*W2[j,0] for j in range(2))",
        "(a3 - y) sum_j W2_{j1} W3_{1j} a2_{j} (1 - a2_{j})",
    ),
    Row(S3, {}, "dz2", DELTA2, "(a3 - y) W3^T * a2 * (1 - a2)"),
    Row(
        S3,
        {},
        "dW1",
        f"((W2.T@{DELTA2})*a1*(1-a1))@x.T",
        "(a3 - y) (W2^T (W3^T * a2 * (1 - a2)) * a1 * (1 - a1)) x^T",
    ),
    Row(S3, {"depth": 2}, "da2", "-y/a2+(1-y)/(1-a2)", "-y/a2 + (1 - y)/(1 - a2)"),
    Row(S3, {"depth": 2}, "da1", "W2.T*(a2-y)", "(a2 - y) W2^T"),
    Row(S3, {"depth": 2}, "da1-neuron", "(a2-y)*W2[0,0]", "(a2 - y) W2_{11}"),
    Row(
        S4,
        {},
        "dw",
        "2*(yhat-y)*(1-yhat**2)*s*(1-s)*x**2",
        "2 (yhat - y) (1 - yhat^2) s (1 - s) x^2",
    ),
    Row(S4, {}, "db", "2*(yhat-y)*(1-yhat**2)*s*(1-s)", "2 (yhat - y) (1 - yhat^2) s (1 - s)"),
    Row(
        S4,
        {},
        "dx",
        "2*(yhat-y)*(1-yhat**2)*s*(1-s)*2*w*x",
        "4 (yhat - y) (1 - yhat^2) s (1 - s) w x",
    ),
    Row(S4, {}, "dz", "2*(yhat-y)*(1-yhat**2)*s*(1-s)", "2 (yhat - y) (1 - yhat^2) s (1 - s)"),
    Row(S5, {}, "dw", "-(y/yhat)*step(z)*x", "-(y/yhat) 1{z > 0} x"),
    Row(S5, {}, "db", "-(y/yhat)*step(z)", "-(y/yhat) 1{z > 0}"),
    Row(S5, {}, "dx", "-(y/yhat)*step(z)*w", "-(y/yhat) 1{z > 0} w"),
    Row(S6, {}, "dyhat", "2*(yhat-y)", "2 (yhat - y)"),
    Row(S6, {}, "ds", "2*(yhat-y)@W.T", "2 (yhat - y) W^T"),
    Row(S6, {}, "dx", "(2*(yhat-y)@W.T)*s*(1-s)", "2 (yhat - y) W^T * s * (1 - s)"),
    Row(S6, {}, "dW", "2*s.T@(yhat-y)", "2 s^T (yhat - y)"),
)
