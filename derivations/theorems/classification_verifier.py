"""A verifier that discards labels: what it does to flips, and to the inputs of a wrong labeller."""

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING, Point, precise
from derivations.steps import Step
from derivations.verify import digits, exact

epsilon, phi, psi = sp.symbols("epsilon varphi psi", positive=True)
KEPT = epsilon * psi + (1 - epsilon) * phi
FLIPPED = epsilon * psi / KEPT
BREAKDOWN = 1 / (1 + psi / phi)

theta, angle, radius = sp.symbols("theta tau r", positive=True)


def verified() -> Step:
    """Bayes' rule, and verifiers that are perfect, or blind."""
    again = FLIPPED.subs(epsilon, FLIPPED)  # verified twice
    return Step(
        r"**A verifier of flips.** A flip does not depend on $x$, and what the verifier does depends on right or wrong alone. So $x$ keeps its law, and "
        r"kept samples are again signs of $x \cdot w_1$, flipped less often, by Bayes' rule. A perfect verifier ($\psi = 0$) leaves no flips, a blind "
        r"one ($\psi = \varphi$) discards at random, and two in a row are one with $\varphi^2$ and $\psi^2$.",
        (
            rf"\epsilon' = {sp.latex(FLIPPED)}",
            r"\frac{\epsilon'}{1 - \epsilon'} = \frac{\psi}{\varphi}\, \frac{\epsilon}{1 - \epsilon}",
        ),
        (
            exact("odds are multiplied", FLIPPED / (1 - FLIPPED), psi / phi * epsilon / (1 - epsilon)),
            exact("a perfect verifier", FLIPPED.subs(psi, 0), 0),
            exact("a blind verifier", FLIPPED.subs(psi, phi), epsilon),
            exact(
                "two verifiers in a row",
                again,
                FLIPPED.subs({phi: phi**2, psi: psi**2}, simultaneous=True),
            ),
        ),
    )


def breakdown() -> Step:
    """Where verified labels are as often wrong as right."""
    slope = 1 - 2 * FLIPPED
    (root,) = sp.solve(sp.numer(sp.together(slope)), epsilon)
    return Step(
        r"**Breakdown.** With endless data and no ridge the fit is $\tilde w$, a multiple $\sqrt{2/\pi}\, (1 - 2\epsilon') / |w_1|_\Sigma$ of $w_1$. Its "
        r"error is 0 where that is positive and 1 where it is negative. It changes its sign once, at $\epsilon_\star$, and $1 - 2 \epsilon'$ is a positive "
        r"multiple of $\epsilon_\star - \epsilon$.",
        (
            r"1 - 2 \epsilon' = \frac{(\varphi + \psi) (\epsilon_\star - \epsilon)}{\epsilon \psi + (1 - \epsilon) \varphi}, \qquad "
            r"\epsilon_\star = \frac{1}{1 + \psi / \varphi}",
        ),
        (
            exact("the only root", root, BREAKDOWN),
            exact("the sign", slope, (phi + psi) * (BREAKDOWN - epsilon) / KEPT),
            exact("half of the labels without a verifier", BREAKDOWN.subs(psi, phi), sp.Rational(1, 2)),
        ),
    )


def moments() -> dict[str, sp.Expr]:
    """Means over samples that a verifier keeps, times the kept share, of two unit vectors at angle theta.

    In the plane of w_1 and w_2 (in Sigma's geometry) the input is (u_1, u_2), two standard normals, with
    w_1 and w_2 along m = (1, 0) turned by -theta/2 and by theta/2.
    """
    radial = {
        power: sp.integrate(radius ** (power + 1) * sp.exp(-(radius**2) / 2), (radius, 0, sp.oo))
        for power in (0, 1, 2)
    }
    half = sp.pi / 2 - theta / 2

    def wedges(function, power):
        """Angular integrals of an even function, where the two signs agree and where they differ."""
        agree = 2 * sp.integrate(function, (angle, -half, half))
        differ = 2 * sp.integrate(function, (angle, half, sp.pi - half))
        weight = radial[power] / (2 * sp.pi)
        return weight * agree, weight * differ

    def kept(function, power):
        agree, differ = wedges(function, power)
        return phi * agree + psi * differ

    agree, _ = wedges(sp.cos(angle), 1)
    _, differ = wedges(sp.sin(angle), 1)
    return {
        "share": kept(sp.S.One, 0),
        "along": kept(sp.cos(angle) ** 2, 2),
        "across": kept(sp.sin(angle) ** 2, 2),
        "mixed": kept(sp.sin(angle) * sp.cos(angle), 2),
        # The label is that of w_2: the sign of u_1 where the two agree, and of u_2 where they differ.
        # By reflection the other coordinate, times the label, has the mean 0 in either wedge.
        "label along": phi * agree,
        "label across": psi * differ,
    }


def selection() -> Step:
    """Moments of samples whose labels another model has written, after verification."""
    made = moments()
    share = phi * (1 - theta / sp.pi) + psi * theta / sp.pi
    gap = (phi - psi) * sp.sin(theta) / sp.pi
    labels = sp.sqrt(2 / sp.pi)
    points = [
        Point(f"theta = {at}", {theta: at, phi: sp.Rational(9, 10), psi: sp.Rational(1, 4)})
        for at in (sp.Rational(1, 2), sp.Rational(5, 3))
    ]
    claims = {
        "share": share,
        "along": share + gap,
        "across": share - gap,
        "mixed": sp.S.Zero,
        "label along": phi * labels * sp.cos(theta / 2),
        "label across": psi * labels * sp.sin(theta / 2),
    }
    names = {
        "share": "the kept share",
        "along": r"$E u_1^2$",
        "across": r"$E u_2^2$",
        "mixed": r"$E u_1 u_2$",
        "label along": r"$E u_1 y$",
        "label across": r"$E u_2 y$",
    }
    return Step(
        r"**What a verifier selects.** Now $y = \operatorname{sign}(x \cdot w_2)$ is the label of another model, at an angle $\theta$ to $w_1$ in the "
        r"geometry of $\Sigma$, and it is wrong between the two planes: with probability $\theta / \pi$, but where depends on $x$. Let $u_1$ be the input along "
        r"the bisector of $w_1$ and $w_2$, $u_2$ along their difference. In polar coordinates the labels are right where the direction is within "
        r"$\frac{\pi}{2} - \frac{\theta}{2}$ of the bisector or of its opposite. With $s$ the kept share, a verifier with $\psi < \varphi$ stretches the "
        r"inputs along the bisector and shrinks them across, so the law of $x$ is another one, and $\epsilon'$ alone does not describe what is left. "
        r"(The input in all other directions is independent of right and wrong.)",
        (
            r"s = \varphi \left(1 - \frac{\theta}{\pi}\right) + \psi\, \frac{\theta}{\pi}, \qquad E u_{1,2}^2 = 1 \pm \frac{(\varphi - \psi) \sin "
            r"\theta}{\pi s}, \qquad E u_1 u_2 = 0",
            r"E u_1 y = \sqrt{\tfrac{2}{\pi}}\, \frac{\varphi}{s} \cos \frac{\theta}{2}, \qquad E u_2 y = \sqrt{\tfrac{2}{\pi}}\, \frac{\psi}{s} \sin "
            r"\frac{\theta}{2}",
        ),
        (
            *(
                exact(f"{names[key]}, times $s$", sp.simplify(made[key] - claim), 0, sp.simplify)
                for key, claim in claims.items()
            ),
            digits(
                r"$E u_1^2$ by quadrature over the plane", _by_quadrature, (share + gap) / share, points
            ),
        ),
    )


def _by_quadrature(point) -> mp.mpf:
    """E u_1^2 of kept samples, integrating over u_2 by the distribution function of a normal."""
    with mp.workdps(WORKING):
        turn, right, wrong = (precise(point.numbers[symbol]) for symbol in (theta, phi, psi))
        slope = mp.cot(turn / 2)  # signs agree where |u_2| < |u_1| cot(theta / 2)

        def kept(power):
            def integrand(u):
                agree = mp.erf(u * slope / mp.sqrt(2))
                return u**power * mp.npdf(u) * (right * agree + wrong * (1 - agree))

            return 2 * mp.quad(integrand, [0, 2, 16])

        return kept(2) / kept(0)
