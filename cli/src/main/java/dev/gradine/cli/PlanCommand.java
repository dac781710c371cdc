package dev.gradine.cli;

import dev.gradine.cli.plan.Hardware;
import dev.gradine.cli.plan.Plan;
import dev.gradine.cli.plan.PlanModel;
import dev.gradine.cli.plan.PlanRequest;
import dev.gradine.cli.plan.PlanRequest.StepShape;
import dev.gradine.cli.plan.PlanText;
import dev.gradine.io.Json;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `gradine plan`: what a training run would need.
@Command(
        name = "plan",
        mixinStandardHelpOptions = true,
        description =
                "Say what a training run needs before it starts: values trained, memory by item, disk, operations,"
                        + " time and cost, and what to change for it to fit; no weight is read.",
        subcommands = PlanTablesCommand.class)
final class PlanCommand implements Runnable {

    private static final int USUAL_LENGTH = 1024;

    @Option(
            names = "--model",
            paramLabel = "DIR|FILE|NAME",
            description = "Model: a folder, a weight file, a config.json, or 7b, 8b, 13b, 70b for Llama's sizes.")
    private String model = "";

    @Mixin
    private PlanArgs args = new PlanArgs();

    @Option(names = "--batch", paramLabel = "N", description = "Sequences computed at once (default 1).")
    private int batch = 1;

    @Option(
            names = {"--length", "--max-length"},
            paramLabel = "TOKENS",
            description = "Tokens of a sequence (default 1024, or the model's positions if they are fewer).")
    private @Nullable Integer tokens;

    @Option(names = "--steps", paramLabel = "N", description = "Steps of the run (default 1000).")
    private long steps = 1000;

    @Option(names = "--gradient-checkpointing", description = "Blocks are computed again for the gradient.")
    private boolean checkpointing;

    @Option(
            names = "--hardware",
            paramLabel = "NAME",
            description = "What computes: cpu, or by formula rtx-3090, rtx-4090, a100, h100, h200 (default cpu).")
    private String hardware = "cpu";

    @Option(names = "--flops", paramLabel = "X", description = "Operations a second that it sustains, such as 100e12.")
    private double flops = Double.NaN;

    @Option(names = "--bandwidth", paramLabel = "X", description = "Bytes a second from its memory, such as 1e12.")
    private double bandwidth = Double.NaN;

    @Option(names = "--price", paramLabel = "X", description = "What an hour of it costs.")
    private double price = Double.NaN;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        if (model.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "Missing required option: '--model=DIR|FILE|NAME'");
        }
        try (Kernels run = CpuKernels.open()) {
            Hardware h = Hardware.named(hardware).with(flops, bandwidth, price);
            PlanModel m = PlanModel.of(model, run);
            StepShape shape = new StepShape(batch, length(m), checkpointing, steps);
            print(Plan.of(new PlanRequest(m, args.tuning(), shape, h)));
        }
    }

    private int length(PlanModel m) {
        int positions = m.model().maxPositions();
        int length = tokens == null ? Math.min(USUAL_LENGTH, positions) : tokens;
        if (length <= positions) return length;
        throw new IllegalArgumentException(
                "--length: %d, expected at most %d, the positions of %s".formatted(length, positions, model));
    }

    private void print(Plan plan) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) out.println(Json.text(plan.json()));
        else PlanText.of(plan).forEach(out::println);
        out.flush();
    }
}
