package dev.gradine.cli;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.kernels.PtxFiles;
import dev.gradine.cuda.kernels.check.KernelCase;
import dev.gradine.cuda.kernels.check.KernelCases;
import dev.gradine.cuda.sim.Trace;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `gradine gpu trace`: what one warp of a kernel does, on the simulator.
@Command(
        name = "trace",
        mixinStandardHelpOptions = true,
        description = "Step through one warp of a kernel on the simulator: its registers, its shared memory, the"
                + " matrices of a tensor core.")
final class GpuTraceCommand implements Runnable {

    private static final String HOPPER = ".sm_90a";

    @Parameters(paramLabel = "KERNEL", description = "Name of the kernel, such as mat_mul_nt_bf16.")
    private String kernel = "";

    @Option(
            names = "--case",
            defaultValue = "",
            paramLabel = "TEXT",
            description = "A case of gpu check whose name contains this (default: the first that runs the kernel).")
    private String wanted = "";

    @Option(names = "--block", defaultValue = "0", paramLabel = "N", description = "Which block (default 0).")
    private int block;

    @Option(names = "--warp", defaultValue = "0", paramLabel = "N", description = "Which warp of it (default 0).")
    private int warp;

    @Option(
            names = "--from",
            defaultValue = "",
            paramLabel = "TEXT",
            description = "Begin at the first instruction that contains this, such as mma.")
    private String from = "";

    @Option(
            names = "--count",
            defaultValue = "200",
            paramLabel = "N",
            description = "Instructions to tell of (default ${DEFAULT-VALUE}).")
    private int count;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        String file = PtxFiles.entries().get(kernel);
        if (file == null) {
            throw new IllegalArgumentException("trace: no kernel is named %s, expected one of %s"
                    .formatted(kernel, String.join(", ", PtxFiles.entries().keySet())));
        }
        KernelCase used = caseOf(file);
        PrintWriter out = spec.commandLine().getOut();
        out.println(kernel + " in " + used);
        Trace.run(kernel, new Trace.Window(block, warp, from, count), work(used), out::println);
        out.flush();
    }

    private static Consumer<Gpu> work(KernelCase c) {
        return gpu -> {
            try (CudaKernels device = CudaKernels.open(gpu)) {
                c.outputs(device);
            }
        };
    }

    /// The first case that launches the kernel, those of its type and file first.
    private KernelCase caseOf(String file) {
        DType type = kernel.contains("bf16") ? DType.BF16 : DType.F32;
        List<KernelCase> all = file.endsWith(HOPPER) ? KernelCases.hopper() : KernelCases.all();
        String op = file.replace(HOPPER, "");
        List<KernelCase> some = all.stream()
                .filter(c -> c.toString().contains(wanted))
                .sorted(Comparator.comparing(c -> c.type() != type || !c.name().startsWith(op))) // likely ones first
                .toList();
        for (KernelCase c : some) if (Trace.launches(kernel, work(c))) return c;
        throw new IllegalArgumentException("trace: no case launches " + kernel);
    }
}
