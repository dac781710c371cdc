package dev.gradine.cli;

import dev.gradine.cli.plan.PlanModel;
import dev.gradine.cli.plan.PlanTables;
import dev.gradine.io.Json;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine plan tables`: ways of adapting a large model side by side, and what their results take on disk.
@Command(
        name = "tables",
        mixinStandardHelpOptions = true,
        description =
                "Compare full fine-tuning, LoRA, QLoRA and DoRA of a model, and the storage of adapters and copies.")
final class PlanTablesCommand implements Runnable {

    @Option(names = "--model", paramLabel = "DIR|FILE|NAME", description = "Model, as plan takes it (default 70b).")
    private String model = "70b";

    @Option(names = "--rank", paramLabel = "R", description = "Rank of the adapters (default 16).")
    private int rank = 16;

    @Option(names = "--length", paramLabel = "TOKENS", description = "Tokens of a step (default 4096).")
    private int length = 4096;

    @Option(names = "--adapters", paramLabel = "N", description = "Adapters, or copies, to be stored (default 10).")
    private int adapters = 10;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        if (adapters < 1) throw new IllegalArgumentException("--adapters: " + adapters + ", expected at least 1");
        try (Kernels run = CpuKernels.open()) {
            PlanTables tables = PlanTables.of(PlanModel.of(model, run), rank, length);
            PrintWriter out = spec.commandLine().getOut();
            if (json) out.println(Json.text(tables.json(adapters)));
            else tables.lines(adapters).forEach(out::println);
            out.flush();
        }
    }
}
