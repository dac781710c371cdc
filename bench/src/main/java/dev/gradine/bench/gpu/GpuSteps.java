package dev.gradine.bench.gpu;

import dev.gradine.bench.Choice;
import dev.gradine.bench.ModelRows;
import dev.gradine.bench.ModelRows.Sizes;
import dev.gradine.nn.CausalLm;
import dev.gradine.tensor.Kernels;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/// Whole steps of a model, by the clock of the host: fine-tuning, preferences, prefill and decoding, in tokens per
/// second.
///
/// @param sizes of the steps
/// @param choice which of them, and for how long
public record GpuSteps(Sizes sizes, Choice choice) {

    /// The model that needs no file.
    public static final String LLAMA_8B = "llama-8b";

    private static final Goal STEP = Goal.rate("fine-tuning step of Llama 8B", 8000);

    /// A model and the device that it is on.
    public interface Opened extends AutoCloseable {
        /// The model.
        CausalLm model();

        /// Its lifetime.
        Kernels run();

        @Override
        void close();
    }

    /// Steps of 8192 tokens, packed from sequences as long as those of published figures.
    public static Sizes ofGpu() {
        return new Sizes(2048, 64, List.of(new Sizes.Batch(4, 2048), new Sizes.Batch(2, 4096)), 1024);
    }

    /// Llama of eight billion parameters with random weights.
    ///
    /// @param device opens the `run` lifetime
    public static Opened llama8b(Supplier<Kernels> device) {
        Kernels run = device.get();
        try (Arena host = Arena.ofShared()) {
            CausalLm model = RandomLlama.of(RandomLlama.sizesOf8b(), run, host);
            return opened(model, run, run::close);
        } catch (RuntimeException e) {
            run.close();
            throw e;
        }
    }

    /// A model that is there already.
    ///
    /// @param close is to be run at the end
    public static Opened opened(CausalLm model, Kernels run, Runnable close) {
        return new Opened() {
            @Override
            public CausalLm model() {
                return model;
            }

            @Override
            public Kernels run() {
                return run;
            }

            @Override
            public void close() {
                close.run();
            }
        };
    }

    /// Measures the model with our products and, where they are wanted, with those of cuBLAS.
    ///
    /// @param name what rows begin with
    /// @param open opens the model; is told whether with cuBLAS
    /// @param products false, and true if cuBLAS is to be measured as well
    public List<GpuRow> rows(String name, Function<Boolean, Opened> open, List<Boolean> products) {
        List<GpuRow> rows = new ArrayList<>();
        for (boolean vendor : products) {
            List<GpuRow> some = new ArrayList<>();
            try (Opened o = open.apply(vendor)) {
                measure(name, o, some);
            }
            if (rows.isEmpty()) rows.addAll(some);
            else for (int i = 0; i < rows.size(); i++) rows.set(i, rows.get(i).beside(some.get(i)));
        }
        return rows;
    }

    private void measure(String name, Opened o, List<GpuRow> rows) {
        double[] norm = {Double.NaN};
        DoubleConsumer norms = x -> norm[0] = x;
        new ModelRows(o.model(), o.run(), choice, m -> {
                    boolean isGoal = name.equals(LLAMA_8B) && m.work().startsWith("lora sft");
                    var rates = new GpuRow.Rates(m.median(), 0, 0);
                    var shares = new GpuRow.Shares(0, 0, 0);
                    String work = name + ": " + m.work();
                    rows.add(new GpuRow(work, m.unit(), rates, shares, norm[0], isGoal ? STEP : Goal.NONE));
                })
                .with(sizes, norms)
                .run();
    }
}
