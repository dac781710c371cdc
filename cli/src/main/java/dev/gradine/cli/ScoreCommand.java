package dev.gradine.cli;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.Safetensors;
import dev.gradine.io.TensorSource;
import dev.gradine.nn.TokenBatch;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "score", description = "Logits of given tokens.")
final class ScoreCommand implements Callable<Integer> {
    @Option(names = "--model", required = true)
    private Path model = Path.of("");

    @Option(names = "--adapter")
    private Path adapter = Path.of("");

    @Option(names = "--ids")
    private Path ids = Path.of("");

    @Option(names = "--out")
    private Path out = Path.of("");

    @Override
    public Integer call() {
        try (LoadedModel m = new LoadedModel(model);
                Arena arena = Arena.ofShared()) {
            if (!adapter.toString().isEmpty()) AdapterFolder.load(adapter, m.model(), m.run());
            Tensor t = Safetensors.open(ids, arena).tensor("input_ids");
            int b = t.shape().dim(0);
            int n = t.shape().dim(1);
            int v = m.model().vocabSize();
            Tensor logits = Tensor.zeros(arena, DType.F32, Shape.of(b, n, v));
            for (int i = 0; i < b; i++) {
                int[] row = new int[n];
                for (int j = 0; j < n; j++) {
                    row[j] = (int) t.data()
                            .get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 8L * (i * n + j));
                }
                try (Kernels k = m.run().openStep()) {
                    Tape tape = Tape.forgetting(k);
                    Var h = m.model().hidden(tape, TokenBatch.of(List.of(row)));
                    Var z = m.model().head().forward(h);
                    k.copy(z.value().reshape(Shape.of(1, n, v)), logits.rows(i, i + 1));
                }
            }
            Safetensors.write(out, java.util.Map.of(), List.of(TensorSource.of("logits", logits)));
            return 0;
        } catch (CheckpointException e) {
            throw e;
        }
    }
}
