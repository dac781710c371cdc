package dev.gradine.cli.doctor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/// Which processors a run computes on, and who else does.
public final class CoresCheck {

    private CoresCheck() {}

    /// Processors, cores, a container's share of them and the load.
    ///
    /// @param threads how many the kernels use
    public static Finding of(SystemFiles files, int threads) {
        List<Integer> processors = allowed(files);
        int cores = cores(files, processors);
        String model =
                SystemFiles.value(files.proc().resolve("cpuinfo"), "model name").orElse("model not told");
        String text = "%d threads on %s of %s".formatted(threads, count(processors.size(), cores), model);
        List<String> mend = new ArrayList<>();
        if (cores > 0 && threads > cores) {
            mend.add("%d threads share the vector units of %d cores: see whether".formatted(threads, cores)
                    + " GRADINE_JAVA_OPTS=-Dgradine.threads=%d is faster".formatted(cores));
        }
        OptionalDouble quota = new ControlGroup(files).processors();
        if (quota.isPresent() && quota.getAsDouble() < threads) {
            text += "; time of %.1f processors (cgroup)".formatted(quota.getAsDouble());
            mend.add("%d threads wait for each other, for the container gives the time of %.1f: give it more"
                            .formatted(threads, quota.getAsDouble())
                    + ", such as docker run --cpus=" + threads);
        }
        double load = load(files);
        text += load < 0 ? "" : "; load %.1f".formatted(load);
        if (load > 0.5 * Math.max(1, processors.size())) {
            mend.add("other programs are computing (load %.1f): runs and figures are slower meanwhile".formatted(load));
        }
        return mend.isEmpty() ? Finding.fine("cores", text) : Finding.hinders("cores", text, String.join("; ", mend));
    }

    private static String count(int processors, int cores) {
        if (cores == 0 || cores == processors) return "%d processors".formatted(processors);
        return "%d processors, %d cores".formatted(processors, cores);
    }

    /// Numbers of the processors this process may use.
    static List<Integer> allowed(SystemFiles files) {
        String list = SystemFiles.value(files.proc().resolve("self/status"), "Cpus_allowed_list")
                .orElse("");
        return list(list);
    }

    /// `0-2,5` as 0, 1, 2, 5; nothing where it is no such list.
    static List<Integer> list(String text) {
        List<Integer> all = new ArrayList<>();
        for (String range : text.split(",", -1)) {
            if (!range.matches("\\d{1,6}(-\\d{1,6})?")) return List.of();
            String[] ends = range.split("-", -1);
            for (int i = Integer.parseInt(ends[0]); i <= Integer.parseInt(ends[ends.length - 1]); i++) all.add(i);
        }
        return all;
    }

    /// Cores of these processors: those that share one name the same list of siblings. 0 where that is not told.
    static int cores(SystemFiles files, List<Integer> processors) {
        Set<String> siblings = new HashSet<>();
        for (int p : processors) {
            Path topology = files.sys().resolve("devices/system/cpu/cpu" + p + "/topology");
            String list =
                    SystemFiles.line(topology.resolve("thread_siblings_list")).orElse("");
            if (list.isEmpty()) return 0;
            siblings.add(list);
        }
        return siblings.size();
    }

    /// Processes that ran or waited to run, averaged over a minute; -1 where that is not told.
    private static double load(SystemFiles files) {
        String first =
                SystemFiles.line(files.proc().resolve("loadavg")).orElse("").split(" ", 2)[0];
        return first.matches("\\d{1,9}\\.\\d{1,9}") ? Double.parseDouble(first) : -1;
    }
}
