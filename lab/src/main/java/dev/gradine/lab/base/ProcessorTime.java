package dev.gradine.lab.base;

import java.lang.management.ManagementFactory;

/// What the processors spent on this process: another program takes none of it.
public final class ProcessorTime {

    private ProcessorTime() {}

    /// Of all cores together so far, seconds.
    public static double seconds() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system) {
            return system.getProcessCpuTime() * 1e-9;
        }
        throw new IllegalStateException("lab: this Java does not tell the processor time of the process");
    }
}
