package dev.gradine.jmh;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Functions;
import dev.gradine.autograd.op.Mean;
import dev.gradine.autograd.op.Reshape;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.RowAdapters;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Eight rows of 128 tokens over one adapter or over eight, rank 16 on all linears: hidden states of all rows, and the
/// same with the gradients of the adapters.
///
/// The model is given by `-p model=PATH`, such as the folder of SmolLM2-135M-Instruct.
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 10)
@Measurement(iterations = 5, time = 10)
public class RowAdaptersBench extends CpuBench {

    private static final int ROWS = 8;
    private static final int LENGTH = 128;

    /// Model folder or file.
    @Param("")
    public String model = "";

    /// How many different adapters the rows have.
    @Param({"1", "8"})
    public int adapters;

    private final List<OpenModel> opened = new ArrayList<>();
    private TokenBatch batch = TokenBatch.of(List.of(new int[1]));
    private Adapters each = Adapters.NONE;

    /// Loads the model and makes the adapters.
    @Setup
    public void setUp() {
        if (model.isEmpty()) throw new IllegalArgumentException("row adapters bench: no model, expected -p model=PATH");
        opened.add(Models.open(Path.of(model), kernels));
        CausalLm llm = opened.getFirst().model();
        SplittableRandom random = new SplittableRandom(1);
        List<AdapterSet> sets = new ArrayList<>();
        for (int i = 0; i < adapters; i++) {
            sets.add(AdapterSet.fresh(llm, Lora.of(16, 32), Selection.of("all-linear"), kernels, random));
        }
        List<AdapterSet> rows = new ArrayList<>();
        List<int[]> tokens = new ArrayList<>();
        for (int r = 0; r < ROWS; r++) {
            rows.add(sets.get(r % adapters));
            tokens.add(random.ints(LENGTH, 0, llm.vocabSize()).toArray());
        }
        each = RowAdapters.of(rows);
        batch = TokenBatch.of(tokens);
    }

    /// Hidden states alone, as scoring has them.
    @Benchmark
    public float hidden() {
        try (Kernels k = kernels.openStep()) {
            return k.download(hidden(Tape.noGrad(k)).value())[0];
        }
    }

    /// Hidden states and the gradients of the adapters.
    @Benchmark
    public float gradients() {
        try (Kernels k = kernels.openStep()) {
            Tape tape = Tape.recording(k);
            Var h = hidden(tape);
            Var loss = Mean.mean(Reshape.reshape(Functions.square(h), h.value().size()));
            tape.backward(loss);
            return k.download(loss.value())[0];
        }
    }

    private Var hidden(Tape tape) {
        CausalLm llm = opened.getFirst().model();
        return llm.hidden(Pass.of(tape, batch).with(each));
    }

    /// Frees the model.
    @TearDown
    public void free() {
        opened.forEach(OpenModel::close);
    }
}
