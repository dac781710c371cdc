package dev.gradine.cli.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A machine of a few files: 16 GB, of which 12 are free, and four processors of two cores.
record PretendedMachine(Path folder) {

    static PretendedMachine at(Path folder) throws IOException {
        PretendedMachine m = new PretendedMachine(folder);
        m.proc("meminfo", "MemTotal:       16777216 kB\nMemFree:         1 kB\nMemAvailable:   12582912 kB\n");
        m.proc("self/status", "Name:\tjava\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n");
        m.proc("loadavg", "0.10 0.20 0.30 1/100 4242\n");
        m.proc("cpuinfo", "processor\t: 0\nmodel name\t: Pretended CPU\nflags\t\t: fpu avx avx2 fma avx512f\n");
        for (int i = 0; i < 4; i++) {
            m.sys(
                    "devices/system/cpu/cpu%d/topology/thread_siblings_list".formatted(i),
                    "%d,%d\n".formatted(i % 2, i % 2 + 2));
        }
        return m;
    }

    PretendedMachine proc(String name, String text) throws IOException {
        return write("proc/" + name, text);
    }

    PretendedMachine sys(String name, String text) throws IOException {
        return write("sys/" + name, text);
    }

    private PretendedMachine write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, text);
        return this;
    }

    SystemFiles files() {
        return new SystemFiles(folder.resolve("proc"), folder.resolve("sys"));
    }
}
