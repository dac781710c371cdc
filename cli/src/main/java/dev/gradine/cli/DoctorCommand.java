package dev.gradine.cli;

import dev.gradine.cli.doctor.CoresCheck;
import dev.gradine.cli.doctor.DeviceCheck;
import dev.gradine.cli.doctor.DiskCheck;
import dev.gradine.cli.doctor.DoctorReport;
import dev.gradine.cli.doctor.Finding;
import dev.gradine.cli.doctor.JvmCheck;
import dev.gradine.cli.doctor.MemoryCheck;
import dev.gradine.cli.doctor.Surroundings;
import dev.gradine.cli.doctor.SystemFiles;
import dev.gradine.cli.doctor.VectorCheck;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.train.Terminal;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine doctor`: what this machine is like, and what of it is slow or wrong.
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Look this machine over: Java, vectors, cores, memory, disk, GPU, locale; say what is slow or"
                + " wrong and how to mend it. One screen, to be pasted into a report.")
final class DoctorCommand implements Callable<Integer> {

    @Option(names = "--out", paramLabel = "DIR", description = "Folder whose disk is measured (default: this one).")
    private Path folder = Path.of("");

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    /// @return 0, or 1 if something makes runs impossible
    @Override
    public Integer call() {
        DoctorReport report = new DoctorReport("gradine " + Main.version(), findings());
        PrintWriter out = spec.commandLine().getOut();
        out.print(report.text());
        out.flush();
        return report.prevents() ? Failures.FAULT : 0;
    }

    private List<Finding> findings() {
        SystemFiles files = SystemFiles.here();
        Map<String, String> environment = System.getenv();
        int bits;
        try (Kernels run = CpuKernels.open()) {
            bits = run.vectorBits();
        }
        return List.of(
                JvmCheck.java(),
                JvmCheck.flags(ManagementFactory.getRuntimeMXBean().getInputArguments()),
                VectorCheck.of(files, bits),
                CoresCheck.of(files, CpuKernels.threads()),
                MemoryCheck.of(files),
                DiskCheck.of(folder),
                DeviceCheck.of(Device.all()),
                Surroundings.locale(environment, System.getProperty("sun.jnu.encoding", "")),
                Surroundings.terminal(Terminal.ofStderr(), environment),
                Surroundings.variables(environment));
    }
}
