"""The figures of one model as text."""

from fer.models.records import Interval, SplitFigures


def times(count: int) -> str:
    """So many times, in words."""
    return f"{count} time{'s' * (count != 1)}"


def in_training(figures: SplitFigures, model: str = "it") -> str:
    """How many of the faces a model, as the sentence calls it, also learnt from, and how good it is
    on the others."""
    others = figures.not_in_training
    assert others
    seen = figures.n - others.n
    if seen == 0:
        return f"None of these faces is among those that {model} learnt from, not even nearly."
    if others.n == 0:
        return (
            f"All of these faces are, equal or nearly, among those that {model} learnt from: the "
            "figures say nothing of others."
        )
    return (
        f"{seen:,} of these faces are, equal or nearly, among those that {model} learnt from; "
        f"of the other {others.n:,} it gets {_share(others.overall_accuracy)} right, "
        f"{_share(others.mean_class_accuracy)} if every emotion counts alike."
    )


def _share(figure: Interval) -> str:
    return f"{100 * figure.value:.2f} % ({100 * figure.low:.1f}–{100 * figure.high:.1f})"


def report(figures: SplitFigures) -> str:
    """The figures as lines of text, in percent."""
    lines = [f"{figures.n} faces"]
    accuracies = {
        "overall accuracy": figures.overall_accuracy,
        "mean class accuracy": figures.mean_class_accuracy,
    }
    for name, figure in accuracies.items():
        interval = f"95 % interval {figure.low:.2%} to {figure.high:.2%}"
        lines.append(f"{name:<20} {figure.value:7.2%}  {interval}")
    for name, level in (("levels 5", figures.levels_5), ("levels 3", figures.levels_3)):
        if level is None:
            continue
        mapped = f"from the answered emotion {level.mapped_accuracy:.2%}"
        lines.append(f"{name + ' accuracy':<20} {level.accuracy:7.2%}  {mapped}")
    lines.append(f"calibration error {figures.ece:.4f}, log-loss {figures.log_loss:.4f}")
    if figures.times_scored is not None:
        scored = times(figures.times_scored)
        lines.append(f"this test split was scored {scored} for this model, this one included")
    if figures.not_in_training:
        lines.append(in_training(figures))
    lines.append(f"{'emotion':<12}precision  recall      F1  faces")
    for emotion, row in figures.per_class.items():
        shares = f"{row.precision:9.2%}{row.recall:8.2%}{row.f1:8.2%}"
        lines.append(f"{emotion:<12}{shares}{row.support:7}")
    lines.append("confusion, a row a true emotion: " + ", ".join(figures.per_class))
    lines += ["".join(f"{count:6}" for count in row) for row in figures.confusion]
    for subset in [*(figures.groups or []), *(figures.slices or [])]:
        values = (subset.overall_accuracy.value, subset.mean_class_accuracy.value)
        lines.append(f"{subset.name:<24}" + "".join(f"{value:9.2%}" for value in values))
    return "\n".join(lines)
