package dev.gradine.cli.fuzz;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.fuzz.FileKind;
import dev.gradine.testkit.fuzz.FuzzRun;
import dev.gradine.testkit.fuzz.Judge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Changes files of every kind that is read, at random, and has them read: each must be taken, or refused in one line,
/// within two seconds and 512 MB. The same seed makes the same file.
///
/// `Fuzz FILES [FIRST_SEED [KIND ...]]` reads FILES files in all, as many of each kind, and prints a line for each kind
/// and each fault. Its exit code is 1 if there is a fault; then the folder that it names holds the files.
public final class Fuzz {

    private static final Path MEMORY = Path.of("/dev/shm"); // Linux's folder that is no disk
    private static final String PREFIX = "fuzz";

    private Fuzz() {}

    /// All kinds, with what they need in `folder`.
    ///
    /// @param run lifetime of the models that adapters are read for
    static List<FileKind> kinds(Path folder, Kernels run) throws IOException {
        Path tiny = TinyFiles.model(folder.resolve("tiny"));
        return Stream.of(
                        ConfigFuzz.kinds(folder, run),
                        SafetensorsFuzz.kinds(tiny, run),
                        GgufFuzz.kinds(folder, tiny, run),
                        Llama2cFuzz.kinds(folder, run),
                        TokenizerFuzz.kinds(),
                        TextFilesFuzz.kinds(folder, run),
                        AdapterFuzz.kinds(folder, run),
                        TemplateFuzz.kinds(),
                        RowsFuzz.kinds(folder),
                        YamlFuzz.kinds(folder))
                .flatMap(List::stream)
                .toList();
    }

    /// Runs the program.
    public static void main(String... args) throws IOException {
        int files = Integer.parseInt(args[0]);
        long first = args.length > 1 ? Long.parseLong(args[1]) : 0;
        List<String> only = List.of(args).subList(Math.min(args.length, 2), args.length);
        Path folder = Files.isWritable(MEMORY)
                ? Files.createTempDirectory(MEMORY, PREFIX)
                : Files.createTempDirectory(PREFIX);
        int faults = 0;
        try (Kernels run = CpuKernels.open()) {
            List<FileKind> kinds = kinds(folder, run).stream()
                    .filter(k -> only.isEmpty() || only.contains(k.name()))
                    .toList();
            FuzzRun fuzz = new FuzzRun(Judge.strict(), folder, System.out);
            for (FileKind kind : kinds) faults += fuzz.run(kind, first, files / kinds.size());
        }
        System.out.println(faults == 0 ? "no faults" : faults + " faults, kept in " + folder);
        if (faults == 0) TinyFiles.delete(folder);
        System.exit(faults == 0 ? 0 : 1);
    }
}
