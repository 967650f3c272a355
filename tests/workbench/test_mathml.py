"""LaTeX as MathML: the signs and spaces of print, or an error."""

import pytest

from workbench.mathml import mathml


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\operatorname{tr}\left[x\right]", '<mo lspace="0.167em" rspace="0">tr</mo>'),
        (r"\operatorname{tr}^{2}\left[x\right]", '<msup><mo lspace="0.167em" rspace="0">tr</mo>'),
        (r"\log n", '<mo lspace="0.167em" rspace="0.167em">log</mo>'),
        (r"\mathrm{df}_1", '<mi mathvariant="normal">d</mi><mi mathvariant="normal">f</mi>'),
        (r"a \sim b", "<mo>\N{TILDE OPERATOR}</mo>"),
        (r"\lambda \to \infty", "<mo>→</mo><mi>∞</mi>"),
        (r"\Sigma\kappa", '<mi mathvariant="normal">Σ</mi><mi>κ</mi>'),
        (r"n < d", "<mo>&lt;</mo>"),
        (r"\begin{aligned} a &= b \\ c &= d\end{aligned}", '<mtd columnalign="right"><mi>c</mi></mtd>'),
        (r"\begin{cases} 0 & n < d \\ 1 & \text{otherwise}\end{cases}", "<mtext>otherwise</mtext>"),
        (r"\kappa_{1}^{2}", "<msubsup><mi>κ</mi>"),
    ],
)
def test_mathematics_as_browsers_read_it(latex, expected):
    assert expected in mathml(latex, display=True)


@pytest.mark.parametrize(
    "latex", [r"\foo{x}", r"\left(a", r"a & b", r"a \\ b", r"\begin{gathered} a \\ b\end{gathered}"]
)
def test_what_would_be_shown_wrong_is_an_error(latex):
    with pytest.raises(ValueError, match="formula = "):
        mathml(latex, display=False)
