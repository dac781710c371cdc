package dev.gradine.data;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/// The folder `shared` beside the repository, with real models and reference values; absent on most machines. Some of
/// the reference values travel with the repository, in its folder `golden`.
public final class Shared {
    private Shared() {}

    /// A file or folder in it; the calling test is skipped where it is absent.
    public static Path path(String relative) {
        Path path = root().resolveSibling("shared").resolve(relative);
        Path own = root().resolve(relative);
        if (!Files.exists(path) && relative.startsWith("golden/") && Files.exists(own)) return own;
        assumeTrue(Files.exists(path), () -> relative + " is absent, so this cannot be compared with the reference");
        return path;
    }

    private static Path root() {
        for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
            if (Files.isRegularFile(p.resolve("pom.xml")) && Files.isDirectory(p.resolve("data/src"))) return p;
        }
        throw new IllegalStateException("the repository root is not above the working directory");
    }
}
