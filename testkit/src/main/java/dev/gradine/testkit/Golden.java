package dev.gradine.testkit;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// Finds golden values and real models: all of them in the folder `shared` beside the repository, where
/// there is one, and those that travel with the repository in its folder `golden`. A test that asks for
/// others is skipped, with the reason.
public final class Golden {

    /// The folder of the real-size model, below `shared`, and the file with its weights.
    public static final String SMOLLM2 = "assets/models/smollm2-135m-instruct";

    public static final String SMOLLM2_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf";

    private static final long SMOLLM2_BYTES = 98_362_432;

    private Golden() {}

    /// A path below `shared/golden`, or below `golden` in the repository; skips the calling test where neither is
    /// there.
    public static Path golden(String path) {
        return find("golden/" + path, path);
    }

    /// A path below `shared`, or below `golden` in the repository; skips the calling test where neither is there.
    public static Path shared(String path) {
        return find(path, path);
    }

    /// The folder of SmolLM2-135M-Instruct, the real-size model of the tests. Its weights do not travel: where they are
    /// absent, `empty` becomes the same folder with zeros for weights.
    public static Path smolLm2(Path empty) {
        Path folder = shared(SMOLLM2);
        if (Files.exists(folder.resolve(SMOLLM2_GGUF))) return folder;
        try (var files = Files.list(folder);
                var gguf = new RandomAccessFile(empty.resolve(SMOLLM2_GGUF).toFile(), "rw")) {
            for (Path file : files.toList()) Files.copy(file, empty.resolve(file.getFileName()));
            gguf.write(Files.readAllBytes(folder.resolve(SMOLLM2_GGUF + ".head")));
            gguf.setLength(SMOLLM2_BYTES);
            return empty;
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be copied to " + empty, e);
        }
    }

    private static Path find(String shared, String travelling) {
        Path file = repository().resolveSibling("shared").resolve(shared);
        Path own = repository().resolve("golden").resolve(travelling);
        if (!Files.exists(file) && Files.exists(own)) return own;
        Assumptions.assumeTrue(Files.exists(file), "golden: no ../shared/" + shared + " beside the repository");
        return file;
    }

    /// The repository's root: the folder, at or above the working directory, whose `pom.xml` lists modules.
    public static Path repository() {
        Path start = Path.of("").toAbsolutePath();
        for (Path p = start; p != null; p = p.getParent()) {
            if (listsModules(p.resolve("pom.xml"))) return p;
        }
        throw new IllegalStateException("golden: no pom.xml with modules at or above " + start);
    }

    private static boolean listsModules(Path pom) {
        try {
            return Files.exists(pom) && Files.readString(pom).contains("<modules>");
        } catch (IOException e) {
            throw new IllegalStateException("golden: cannot read " + pom, e);
        }
    }
}
