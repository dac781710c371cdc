package dev.gradine.train;

import dev.gradine.tensor.Kernels;
import dev.gradine.train.report.RunInfo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/// What machine a figure was measured on.
public final class MachineInfo {

    private MachineInfo() {}

    /// This machine, with the device that computes.
    public static RunInfo.Machine here(Kernels kernels) {
        String os = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        long memory = 0;
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean b) {
            memory = b.getTotalMemorySize() >> 20;
        }
        int cores = Runtime.getRuntime().availableProcessors();
        return new RunInfo.Machine(
                cpu(),
                cores,
                memory,
                kernels.vectorBits(),
                os,
                Runtime.version().toString());
    }

    /// The processor's model name, where the system tells it.
    public static String cpu() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(l -> l.startsWith("model name"))
                    .map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch"); // not Linux
        }
    }
}
