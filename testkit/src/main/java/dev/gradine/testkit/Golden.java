package dev.gradine.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// Finds golden values: all of them in the folder `shared` beside the repository, where there is one, and those that
/// travel with the repository in its folder `golden`. A test that asks for others is skipped, with the reason.
public final class Golden {

    private Golden() {}

    /// A path below `shared/golden`, or below `golden` in the repository; skips the calling test where neither is
    /// there.
    public static Path golden(String path) {
        Path beside = beside("golden/" + path);
        Path own = repository().resolve("golden").resolve(path);
        if (!Files.exists(beside) && Files.exists(own)) return own;
        return shared("golden/" + path);
    }

    /// A path below `shared`; skips the calling test where it is absent.
    public static Path shared(String path) {
        Path file = beside(path);
        Assumptions.assumeTrue(Files.exists(file), "golden: no ../shared/" + path + " beside the repository");
        return file;
    }

    private static Path beside(String path) {
        return repository().resolveSibling("shared").resolve(path);
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
