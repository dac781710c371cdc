package dev.gradine.arch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The working tree the tests look at: files on disk, not the class path, so that nothing is missed for not being
/// built.
///
/// @param root the folder whose `pom.xml` lists the modules
record Repository(Path root) {

    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

    /// Walks up from the working directory, which Surefire sets to the module's folder.
    static Repository here() {
        Path dir = Path.of("").toAbsolutePath();
        while (!Files.exists(dir.resolve("pom.xml"))
                || !read(dir.resolve("pom.xml")).contains("<modules>")) {
            Path parent = dir.getParent();
            if (parent == null) throw new IllegalStateException("repository: no pom.xml with <modules> above " + dir);
            dir = parent;
        }
        return new Repository(dir);
    }

    /// Module names as the root pom lists them.
    List<String> modules() {
        return MODULE.matcher(read(root.resolve("pom.xml")))
                .results()
                .map((MatchResult m) -> m.group(1))
                .toList();
    }

    /// Every Java file under `src/<kind>/java` of every module, `kind` being `main` or `test`.
    List<Source> sources(String kind) {
        return modules().stream()
                .flatMap(m -> files(root.resolve(m).resolve("src").resolve(kind).resolve("java"), ".java").stream())
                .map(this::source)
                .toList();
    }

    /// The files below `dir` whose name ends in `suffix`, sorted; none where there is no such folder.
    List<Path> files(Path dir, String suffix) {
        if (!Files.isDirectory(dir)) return List.of();
        try (Stream<Path> walk = Files.walk(dir)) {
            return walk.filter(p -> p.toString().endsWith(suffix)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Source source(Path file) {
        return new Source(root.relativize(file).toString().replace('\\', '/'), read(file));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
