package dev.gradine.cli.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.fuzz.FileKind;
import dev.gradine.testkit.fuzz.Judge;
import dev.gradine.testkit.fuzz.Original;
import dev.gradine.testkit.fuzz.Verdict;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever a file says, it is read or refused in one line, within two seconds and 512 MB.
class FuzzTest {

    private static final int FILES = Integer.getInteger("gradine.fuzz.files", 20_000);
    private static final long FIRST = Long.getLong("gradine.fuzz.seed", 0);
    private static final int MINUTES = 4 + FILES / 10_000;

    @TempDir
    private Path folder = Path.of("");

    /// In a process of its own: its heap has the limit, and a library in machine code could end it.
    @Test
    void a_changed_file_is_read_or_refused_in_one_line_and_soon() throws Exception {
        Path log = folder.resolve("log");
        Process fuzz = new ProcessBuilder(command())
                .redirectErrorStream(true)
                .redirectOutput(Redirect.to(log.toFile()))
                .start();
        boolean ended = fuzz.waitFor(MINUTES, TimeUnit.MINUTES);
        if (!ended) fuzz.destroyForcibly().waitFor();
        String told = Files.readString(log);
        if (System.getProperty("gradine.fuzz.files") != null) System.out.println(told);
        assertThat(ended ? fuzz.exitValue() : -1).as(told).isZero();
        assertThat(told).endsWith("no faults\n");
    }

    private static List<String> command() {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Golden.repository().resolve(".mvn/java.flags"),
                "-Xmx512m",
                "-Djdk.trackAllThreads=false", // threads that the Parquet library leaves parked are freed
                "-ea",
                "-cp",
                classPath,
                Fuzz.class.getName(),
                String.valueOf(FILES),
                String.valueOf(FIRST));
    }

    @Test
    void every_file_is_taken_before_it_is_changed() throws IOException {
        Map<String, String> refused = new TreeMap<>();
        try (Kernels run = CpuKernels.open()) {
            for (FileKind kind : Fuzz.kinds(folder, run)) {
                int number = 0;
                for (Original o : kind.originals()) {
                    FileKind unchanged = new FileKind(kind.name(), List.of(o), (file, _) -> file, kind.refusals());
                    Verdict v = Judge.strict().judge(unchanged, 0);
                    if (!v.read()) refused.put(kind.name() + " " + number, v.toString());
                    number++;
                }
            }
        }
        assertThat(refused).isEmpty();
    }

    @Test
    void a_seed_makes_the_same_file_and_most_seeds_another() throws IOException {
        try (Kernels run = CpuKernels.open()) {
            for (FileKind kind : Fuzz.kinds(folder, run)) {
                List<Integer> sums = new ArrayList<>();
                for (long seed = 0; seed < 100; seed++) {
                    assertThat(kind.file(seed)).isEqualTo(kind.file(seed));
                    sums.add(Arrays.hashCode(kind.file(seed)));
                }
                assertThat(sums.stream().distinct()).as(kind.name()).hasSizeGreaterThan(80);
            }
        }
    }
}
