package dev.gradine.io;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;

/// The folder of models and golden values beside the repository, for tests that need more than they can make up. Some
/// golden values travel with the repository, in its folder `golden`.
final class Shared {

    private Shared() {}

    /// A file or folder in it; the test is skipped where it is absent.
    static Path path(String name) {
        Path root = Path.of("").toAbsolutePath();
        while (root.getParent() != null && !isRepository(root)) root = root.getParent();
        Path file = root.resolveSibling("shared").resolve(name);
        Path own = root.resolve(name);
        if (!Files.exists(file) && name.startsWith("golden/") && Files.exists(own)) return own;
        assumeThat(file).as("needs shared/" + name + " beside the repository").exists();
        return file;
    }

    private static boolean isRepository(Path folder) {
        return Files.exists(folder.resolve("pom.xml")) && Files.isDirectory(folder.resolve("testkit"));
    }
}
