package dev.gradine.cli.forward;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.LogProb.logProb;
import static dev.gradine.autograd.op.Mean.mean;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import java.util.List;
import java.util.stream.IntStream;

/// A language model.
///
/// ```
/// input_ids [B,T]; attention_mask [B,T]     →  logits [B,T,V]
/// labels [B,T], −100 where none             →  loss = −mean log softmax(logits_{t−1})[label_t]
/// ```
///
/// A mixture of experts whose configuration sets `output_router_logits` adds what its routers cost, as transformers
/// does.
record WordsForward(CausalLm model, Padding padding) implements Forward {

    private static final String LABELS = "labels";
    private static final int IGNORED = -100;

    @Override
    public String kind() {
        return "a language model (%s)".formatted(model.family());
    }

    @Override
    public List<String> inputs() {
        return List.of(PaddedTexts.IDS, PaddedTexts.MASK, LABELS);
    }

    @Override
    public NamedOutputs outputs(NamedInputs in, Adapters adapters, Tape tape) {
        PaddedTexts texts = PaddedTexts.read(in.file(), padding);
        Pass pass = Pass.of(tape, texts.together()).with(adapters);
        Var logits = model.head().logits(model.hidden(pass), pass);
        NamedOutputs out = new NamedOutputs();
        out.putRows("logits", logits, texts);
        if (in.has(LABELS)) {
            Var loss = loss(in, logits, texts);
            out.putLoss(
                    pass.balance().isEmpty() ? loss : add(loss, pass.balance().loss(tape)));
        }
        return out;
    }

    private static Var loss(NamedInputs in, Var logits, PaddedTexts texts) {
        int width = texts.width();
        int[] labels = in.numbers(LABELS, Shape.of(texts.count(), width), "one a token");
        int[] cells = texts.cells();
        int[] rows = IntStream.range(0, cells.length)
                .filter(i -> cells[i] % width < width - 1 && labels[cells[i] + 1] != IGNORED)
                .toArray();
        int[] targets = IntStream.of(rows).map(i -> labels[cells[i] + 1]).toArray();
        requireAll(in, labels, targets.length, width, logits.shape().last());
        Kernels k = logits.tape().kernels();
        return neg(mean(logProb(indexSelect(logits, k.ofInts(rows)), k.ofInts(targets), null)));
    }

    /// Fails on labels behind a token that is padding, for no token predicts them, and on those that are no tokens.
    private static void requireAll(NamedInputs in, int[] labels, int predicted, int width, int vocabulary) {
        int given = 0;
        for (int i = 0; i < labels.length; i++) {
            if (i % width == 0 || labels[i] == IGNORED) continue;
            given++;
            if (labels[i] >= 0 && labels[i] < vocabulary) continue;
            throw new IllegalArgumentException(
                    "%s: labels has %d, expected 0 to %d, or −100 for none".formatted(in, labels[i], vocabulary - 1));
        }
        if (given == predicted && given > 0) return;
        String found =
                given == 0 ? "no token has a label" : "%d labels stand behind padding".formatted(given - predicted);
        throw new IllegalArgumentException("%s: labels: %s, expected labels behind tokens".formatted(in, found));
    }
}
