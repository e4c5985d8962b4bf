"""What the rules of the training_dynamics section mean, and what to do about their findings."""

from __future__ import annotations

from reportgen.contract.findings import Explanation
from reportgen.metrics.training import LAST_LIMIT, LEAST_EPOCHS, NOISE_EPOCHS, RISE_LIMIT

EXPLANATIONS = {
    "TRN101": Explanation(
        finds="A run whose loss is NaN or infinite at the end, or whose training loss, or validation loss without one, ends far above where it began: by more than half of its first value, and by more than five times what it had gained.",
        example="The loss is not finite from epoch 23 on.",
        means="The weights of the last epoch are useless, even if earlier epochs were good.",
        do="Do not release the last epoch. Use a checkpoint from before the divergence, or train again with a lower learning rate or gradient clipping.",
        ignore="If the file that ships was saved before the divergence and its own metrics are good.",
    ),
    "TRN102": Explanation(
        finds=f"A validation loss that has risen since its best epoch: by more than {RISE_LIMIT:g} times its noise, by 5 % of the best or a tenth of the improvement if that is less, as a significant trend, longer than any rise that it recovered from, and while the training loss has not risen.",
        example="The loss has risen from 0.338 around epoch 18 to 0.367, while the training loss has not.",
        means="The longer the run lasted, the worse the model became on new data, above all in its probabilities. Accuracy may still be at its best.",
        do="Prefer the best epoch, with early stopping and restore_best_weights, or regularize more.",
        ignore="If the model that ships has the weights of the best epoch.",
    ),
    "TRN103": Explanation(
        finds="A run whose loss improved by no more than three times its noise. Runs that continue an earlier one are not judged.",
        example="The improvement 0.00858 is below three times the noise 0.0111.",
        means="The model learned nothing measurable in this run, so its quality is that of its initial weights.",
        do="Check the data, the labels and the learning rate; a model should be able to learn a handful of rows by heart.",
        ignore="If the run is a fine-tuning that was not expected to lower the loss.",
    ),
    "TRN104": Explanation(
        finds="A loss that is NaN or infinite in between, or whose noise from epoch to epoch is more than a tenth of its improvement (of the loss itself if it did not improve), or that has risen together with the training loss.",
        example="The loss is not finite in 1 epoch, epoch 10.",
        means="The quality of the model depends on the epoch in which the run happened to end. Another seed may give a very different model.",
        do="Use a lower learning rate, a larger batch or gradient clipping, and select the checkpoint by validation loss.",
        ignore="If the checkpoint was selected by validation loss and the evaluation confirms its quality.",
    ),
    "TRN201": Explanation(
        finds="A loss that still falls in the last quarter of the run, five epochs at least (the interval of its slope lies below 0), and ends below all earlier epochs by more than 1 % of the improvement.",
        example="The loss still falls: the last 5 epochs brought 29 % of its improvement.",
        means="The model is probably not as good as it can be with this recipe.",
        do="Train longer, unless the budget is fixed.",
        ignore="If the budget is fixed for all candidates, or if the model is good enough.",
    ),
    "TRN202": Explanation(
        finds=f"A last epoch whose loss is above the best level (the lowest median of five epochs) by more than {LAST_LIMIT:g} times the noise. It needs at least {NOISE_EPOCHS} epochs.",
        example="The final val_loss is 0.33, up from 0.3023 around epoch 29, where noise explains a rise of up to 0.008.",
        means="If the file has the weights of the last epoch, an earlier checkpoint of the same run is better.",
        do="Save the best checkpoint, or train with restore_best_weights = True.",
        ignore="If the file that ships has the weights of the best epoch.",
    ),
    "TRN301": Explanation(
        finds=f"A history of fewer than {LEAST_EPOCHS} epochs with a loss.",
        example="At least 4 epochs are needed (found 3).",
        means="Convergence, overfitting and stability of the run are unknown.",
        do="Nothing, if the run was meant to be short. Otherwise give the complete history.",
        ignore="If the model was fine-tuned for a few epochs on purpose.",
    ),
    "TRN302": Explanation(
        finds="A history without val_loss.",
        example="The history has loss and accuracy, but no val_loss.",
        means="Overfitting cannot be judged from this history; only the evaluation on new rows says how the model generalizes.",
        do="Train with validation_data or validation_split.",
        ignore="If validation was done outside of the training.",
    ),
    "TRN303": Explanation(
        finds="A metric in the history of which it is unknown if higher or lower is better.",
        example="The direction of wobble is unknown.",
        means="The metric is drawn but takes no part in peaks, best epochs or comparisons.",
        do='Declare it in keys of the section, for example wobble = "higher".',
        ignore="If the metric does not matter; keys can also ignore it.",
    ),
    "TRN304": Explanation(
        finds="Curves with fewer values than the history has epochs, so that their epochs are assumed, or a val_loss that ends before the last epoch.",
        example="val_loss has 3 values for 6 epochs, assumed to be one every 2 epochs.",
        means="If the assumption is wrong, gaps and best epochs are too. Epochs that were not validated are not judged.",
        do="Check that the assumption is right; a CSVLogger history has the epochs in the file.",
        ignore="If validation_freq explains the lengths.",
    ),
}
"""By code of the rule."""
