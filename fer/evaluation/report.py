"""The figures of one model as text."""

from fer.labels import EMOTIONS
from fer.models.records import SplitFigures


def times(count: int) -> str:
    """So many times, in words."""
    return f"{count} time{'s' * (count != 1)}"


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
        mapped = f"from the answered emotion {level.mapped_accuracy:.2%}"
        lines.append(f"{name + ' accuracy':<20} {level.accuracy:7.2%}  {mapped}")
    lines.append(f"calibration error {figures.ece:.4f}, log-loss {figures.log_loss:.4f}")
    if figures.times_scored is not None:
        scored = times(figures.times_scored)
        lines.append(f"this test split was scored {scored} for this model, this one included")
    lines.append(f"{'emotion':<12}precision  recall      F1  faces")
    for emotion, row in figures.per_class.items():
        shares = f"{row.precision:9.2%}{row.recall:8.2%}{row.f1:8.2%}"
        lines.append(f"{emotion:<12}{shares}{row.support:7}")
    lines.append("confusion, a row a true emotion: " + ", ".join(EMOTIONS))
    lines += ["".join(f"{count:6}" for count in row) for row in figures.confusion]
    for subset in [*(figures.groups or []), *(figures.slices or [])]:
        values = (subset.overall_accuracy.value, subset.mean_class_accuracy.value)
        lines.append(f"{subset.name:<24}" + "".join(f"{value:9.2%}" for value in values))
    return "\n".join(lines)
