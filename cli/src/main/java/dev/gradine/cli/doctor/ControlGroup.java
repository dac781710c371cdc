package dev.gradine.cli.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// The limits of the control group this process is in: a container's, a batch system's.
///
/// ```
/// version 2   /proc/self/cgroup: 0::PATH           memory.max, cpu.max: QUOTA PERIOD
/// version 1   /proc/self/cgroup: N:memory:PATH     memory.limit_in_bytes, cpu.cfs_quota_us, cpu.cfs_period_us
/// ```
///
/// Every group from the process's own up to the root counts; the least limit holds. A path that is not there is one
/// outside the container, whose own group is then the root.
public record ControlGroup(SystemFiles files) {

    private static final long NO_LIMIT = 1L << 60; // version 1 writes a number near 2⁶³ for none

    /// Version of the interface; 0 where there is none.
    public int version() {
        if (Files.exists(root().resolve("cgroup.controllers"))) return 2;
        return Files.isDirectory(root().resolve("memory")) ? 1 : 0;
    }

    /// Bytes of memory, if they are limited.
    public OptionalLong memory() {
        boolean second = version() == 2;
        Path root = second ? root() : root().resolve("memory");
        String name = second ? "memory.max" : "memory.limit_in_bytes";
        return groups(root, second ? "" : "memory").stream()
                .flatMap(g -> SystemFiles.line(g.resolve(name)).stream())
                .mapToLong(text -> SystemFiles.number(text).orElse(NO_LIMIT))
                .filter(n -> n < NO_LIMIT)
                .min();
    }

    /// Processors' worth of time, if it is limited: 1.5 is one and a half.
    public OptionalDouble processors() {
        boolean second = version() == 2;
        Path root = second ? root() : root().resolve("cpu");
        return groups(root, second ? "" : "cpu").stream()
                .map(g -> second
                        ? SystemFiles.line(g.resolve("cpu.max")).orElse("")
                        : SystemFiles.line(g.resolve("cpu.cfs_quota_us")).orElse("") + " "
                                + SystemFiles.line(g.resolve("cpu.cfs_period_us"))
                                        .orElse(""))
                .filter(text -> text.matches("\\d{1,15} [1-9]\\d{0,14}"))
                .mapToDouble(text -> ratio(text.split(" ", -1)))
                .min();
    }

    private static double ratio(String[] quotaAndPeriod) {
        return Double.parseDouble(quotaAndPeriod[0]) / Double.parseDouble(quotaAndPeriod[1]);
    }

    private Path root() {
        return files.sys().resolve("fs/cgroup");
    }

    /// The group of this process and all above it.
    private List<Path> groups(Path root, String controller) {
        Path told = root.resolve(path(controller).replaceFirst("^/+", "")).normalize();
        Path own = told.startsWith(root) && Files.isDirectory(told) ? told : root;
        int depth = own.getNameCount() - root.getNameCount();
        return Stream.iterate(own, Path::getParent).limit(depth + 1L).toList();
    }

    private String path(String controller) {
        for (String line : SystemFiles.lines(files.proc().resolve("self/cgroup"))) {
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && List.of(parts[1].split(",", -1)).contains(controller)) return parts[2].strip();
        }
        return "";
    }
}
