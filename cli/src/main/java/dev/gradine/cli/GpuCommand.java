package dev.gradine.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `gradine gpu`: what concerns the kernels of the GPU.
@Command(
        name = "gpu",
        mixinStandardHelpOptions = true,
        description = "Check the CUDA kernels on a GPU or the simulator, and measure them.",
        subcommands = {GpuCheckCommand.class, GpuBenchCommand.class, GpuTraceCommand.class})
final class GpuCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "gpu: no command given");
    }
}
