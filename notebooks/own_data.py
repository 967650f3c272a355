"""Data of your own: will these synthetic rows help my model, how many of them, and at what weight?"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Data of your own")

with app.setup(hide_code=True):
    import marimo as mo
    import matplotlib.pyplot as plt
    import numpy as np
    from sklearn.datasets import make_friedman1
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    from simulations.forecast import Forecast
    from workbench.compiling import compile_fast
    from workbench.style import COLOURS, HOUSE

    compile_fast()  # small problems: compiling is most of the time
    plt.rcParams.update(HOUSE)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # Data of your own

    You have a table with few real rows, and a generator that writes as many synthetic ones as you like. Should you add them?
    `Forecast` answers for ridge regression from the rows at hand alone, with intervals, and says how far to trust it.
    """)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The rows

    The example is made up, so that the truth is known: 150 real rows of Friedman's function with ten features, and 1,000 rows of
    the same features whose labels were written by a model that had seen only 20 rows. For your own table replace this cell;
    arrays and pandas frames will both do.
    """)
    return


@app.cell
def _():
    X, y = make_friedman1(150, noise=1.0, random_state=0)
    labeller = Ridge(alpha=0.1).fit(*make_friedman1(20, noise=1.0, random_state=1))
    X_synthetic, _ = make_friedman1(1000, random_state=2)
    y_synthetic = labeller.predict(X_synthetic)
    return X, X_synthetic, y, y_synthetic


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The forecast

    Errors are mean squared errors on real rows, noise included.
    """)
    return


@app.cell
def _(X, X_synthetic, y, y_synthetic):
    ridge = 1e-3
    forecast = Forecast(ridge=ridge).fit(X, y, X_synthetic, y_synthetic)
    report = forecast.report()
    mo.plain_text(report)
    return forecast, report, ridge


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    How to read it:

    - **c²** is how wrong the synthetic labels are. It is far below the **break-even**, so that the *first* synthetic rows help.
    - Yet **all of them at full weight harm**: their errors agree with each other, and do not average out. This is model collapse.
    - **The best weight** counts each synthetic row a twentieth of a real one.
    - **The plateau** is where endless data of this mixture would end, while real data alone go on to the line "with endless real data".
    - The last line compares the forecasts with models that were really trained on parts of the rows. Where they disagree, it says
      "do not trust".

    ## Weight by weight

    How much should a synthetic row count? Lines are the forecast with its interval of 90%. As the example is made up, it can be
    held against the truth: points are models trained on all rows, and tested on 20,000 fresh ones that no forecast has seen.
    """)
    return


@app.cell
def _(X, X_synthetic, ridge, y, y_synthetic):
    X_test, y_test = make_friedman1(20_000, noise=1.0, random_state=3)
    scaler = StandardScaler().fit(X)

    def trained(weight):
        """The test error of ridge regression that counts each synthetic row `weight` times."""
        counts = np.concatenate([np.ones(len(X)), np.full(len(X_synthetic), weight)])
        rows = scaler.transform(np.concatenate([X, X_synthetic]))
        strength = ridge * len(X if weight == 0 else rows)  # scikit-learn's alpha is n lambda
        model = Ridge(alpha=strength).fit(rows, np.concatenate([y, y_synthetic]), sample_weight=counts)
        return np.mean((model.predict(scaler.transform(X_test)) - y_test) ** 2)

    return (trained,)


@app.cell
def _(X, X_synthetic, forecast, trained):
    weights = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0])
    alone = forecast.predict_error(len(X))
    estimates = [forecast.predict_error(len(X), len(X_synthetic), weight) for weight in weights]
    measured_alone, measured = trained(0.0), np.array([trained(weight) for weight in weights])

    figure, axes = plt.subplots(figsize=(6.5, 4))
    low, value, high = ([getattr(e, name) for e in estimates] for name in ("low", "value", "high"))
    axes.semilogx(weights, value, color=COLOURS[0], label="forecast")
    axes.fill_between(weights, low, high, color=COLOURS[0], alpha=0.15)
    axes.semilogx(weights, measured, "o", color=COLOURS[3], label="trained, on fresh rows")
    axes.axhline(alone.value, color=COLOURS[0], linestyle=":", label="forecast without synthetic rows")
    axes.axhline(measured_alone, color=COLOURS[3], linestyle=":", label="trained without synthetic rows")
    axes.set(xlabel="weight of a synthetic row", ylabel="test error (mean square)")
    axes.legend()
    figure
    return alone, estimates, measured, measured_alone, weights


@app.cell(hide_code=True)
def _(alone, estimates, measured, measured_alone, weights):
    _rows = "\n".join(
        f"| {_weight:g} | {_estimate.value / alone.value - 1:+.1%} | {_error / measured_alone - 1:+.1%} |"
        for _weight, _estimate, _error in zip(weights, estimates, measured, strict=True)
    )
    mo.md(
        "The level is off by a tenth, within its interval, as 150 rows tell no more. The changes that synthetic rows make come out closer:\n\n"
        f"| weight | forecast change | measured change |\n|---|---|---|\n{_rows}"
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Where to go from here

    `python -m simulations.forecast real.csv synthetic.csv --target y` does the same from files, with a picture and a table.
    `docs/forecast.md` reads one case line by line, shows how the method works, and holds it against five public data sets.
    """)
    return


if __name__ == "__main__":
    app.run()
