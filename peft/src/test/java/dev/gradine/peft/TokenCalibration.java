package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.LogProb.logProb;
import static dev.gradine.autograd.op.Mean.mean;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// Batches of sequences whose tokens all carry loss but for the first of each.
record TokenCalibration(CausalLm model, IntFunction<List<int[]>> batches) implements Calibration {

    @Override
    public int read(int batch, Kernels run, Function<int[], Adapters> watching) {
        List<int[]> all = batches.apply(batch);
        try (Kernels k = run.openStep()) {
            loss(all, Tape.noGrad(k), watching.apply(rows(all, 1)));
        }
        return all.stream().mapToInt(s -> s.length).sum();
    }

    @Override
    public int differentiate(int batch, Kernels run, Adapters trained) {
        List<int[]> all = batches.apply(batch);
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            tape.backward(loss(all, tape, trained));
        }
        return all.stream().mapToInt(s -> s.length).sum();
    }

    private Var loss(List<int[]> all, Tape tape, Adapters with) {
        Kernels k = tape.kernels();
        Pass pass = Pass.of(tape, TokenBatch.of(all)).with(with);
        Var h = indexSelect(model.hidden(pass), k.ofInts(rows(all, 0)));
        int[] targets = all.stream().flatMapToInt(s -> IntStream.of(s).skip(1)).toArray();
        return scale(mean(logProb(model.head().logits(h, pass), k.ofInts(targets), null)), -1);
    }

    /// Rows of the tokens from number `from` on, as many as a sequence has but one.
    private static int[] rows(List<int[]> all, int from) {
        IntStream.Builder rows = IntStream.builder();
        int start = 0;
        for (int[] s : all) {
            for (int t = 0; t < s.length - 1; t++) rows.add(start + t + from);
            start += s.length;
        }
        return rows.build().toArray();
    }
}
