package dev.gradine.cli.forward;

import dev.gradine.align.LabelLoss;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Shape;
import java.util.List;

/// A model that gives texts labels: an encoder, or a language model with a head for labels.
///
/// ```
/// input_ids [B,T]; attention_mask, token_type_ids [B,T]        →  last_hidden [B,T,C], logits [B,L]
/// labels [B], whole numbers; or [B,L], or [B] of one label     →  loss, that of `LabelLoss`
/// ```
record LabelsForward(Classifier model, Padding padding) implements Forward {

    private static final String LABELS = "labels";

    @Override
    public String kind() {
        return "a model of labels (%s)".formatted(model.family());
    }

    @Override
    public List<String> inputs() {
        return List.of(PaddedTexts.IDS, PaddedTexts.MASK, PaddedTexts.TYPES, LABELS);
    }

    @Override
    public NamedOutputs outputs(NamedInputs in, Adapters adapters, Tape tape) {
        PaddedTexts texts = PaddedTexts.read(in.file(), padding);
        Pass pass = Pass.of(tape, texts.together()).with(adapters);
        Var hidden = model.hidden(pass);
        Var logits = model.logits(hidden, pass);
        NamedOutputs out = new NamedOutputs();
        out.putRows("last_hidden", hidden, texts);
        out.put("logits", logits);
        if (in.has(LABELS)) out.putLoss(loss(in, logits));
        return out;
    }

    private Var loss(NamedInputs in, Var logits) {
        LabelLoss loss = new LabelLoss(model.labels());
        Shape one = Shape.of(logits.shape().dim(0));
        if (in.isWhole(LABELS)) return loss.of(logits, in.numbers(LABELS, one, "one a text"));
        boolean isOne = model.labels().count() == 1 && in.rank(LABELS) == 1;
        return loss.of(logits, in.values(LABELS, isOne ? one : logits.shape(), "a value of each label for each text"));
    }
}
