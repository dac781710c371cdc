package dev.gradine.cli;

import dev.gradine.export.QuantizedModel;
import dev.gradine.io.AtomicFiles;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Quantization;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine quantize`: a model folder whose linear layers are of four or eight bits.
@Command(
        name = "quantize",
        mixinStandardHelpOptions = true,
        description = {
            "Write a model whose linear layers are of four or eight bits, as bitsandbytes does.",
            "transformers and vLLM load the folder, and every command here takes it as --model."
        })
final class QuantizeCommand implements Runnable {

    @Option(
            names = "--model",
            required = true,
            paramLabel = "PATH",
            description = "Folder or file of the model; of more bits.")
    private Path model = Path.of("");

    @Mixin
    private QuantizeArgs quantize = new QuantizeArgs();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write; absent or empty.")
    private Path out = Path.of("");

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        AtomicFiles.requireFree(out);
        List<Quantization> chosen = quantize.chosen();
        if (chosen.isEmpty()) throw new IllegalArgumentException("--quantize: missing, expected nf4, fp4 or int8");
        Quantization how = chosen.getFirst();
        PrintWriter print = spec.commandLine().getOut();
        try (Kernels run = CpuKernels.open();
                OpenModel m = Models.open(model, run, chosen)) {
            QuantizedModel.write(m, how, out);
            report(m, how, print);
        }
    }

    private void report(OpenModel m, Quantization how, PrintWriter print) {
        long before = 0;
        long after = 0;
        int layers = 0;
        for (Linear l : m.model().linears()) {
            Tensor t = l.weight().param().value();
            if (t.dtype() != how.type()) continue;
            layers++;
            before += m.checkpoint().tensor(l.weight().path()).bytes();
            after += t.bytes();
        }
        print.printf(
                "%d layers in %s: %.1f MB → %.1f MB, error %.1f %% of the weights' norm; model in %s%n",
                layers, how, before / 1e6, after / 1e6, 100 * error(m, how), out);
    }

    /// ‖W − decoded‖ / ‖W‖ over all layers.
    private static double error(OpenModel m, Quantization how) {
        double lost = 0;
        double all = 0;
        for (Linear l : m.model().linears()) {
            Tensor coded = l.weight().param().value();
            if (coded.dtype() != how.type()) continue;
            try (Kernels k = m.run().openStep()) {
                Tensor w = m.original(l.weight(), k);
                all += k.reduce().sumOfSquares(w);
                Tensor decoded = k.empty(coded.shape());
                k.copy(coded, decoded);
                k.elementwise().axpy(-1, decoded, w);
                lost += k.reduce().sumOfSquares(w);
            }
        }
        return all == 0 ? 0 : Math.sqrt(lost / all);
    }
}
