package dev.gradine.testkit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// The browser that pages are looked at with.
///
/// @param program that starts it
public record Chromium(Path program) {

    /// The one on the `PATH`; where there is none, the test is skipped.
    ///
    /// @param what is not checked then
    public static Chromium require(String what) {
        Optional<Path> found = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(folder -> Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(n -> Path.of(folder, n)))
                .filter(Files::isExecutable)
                .findFirst();
        Assumptions.assumeTrue(found.isPresent(), "no chromium on the PATH: " + what + " is not checked");
        return new Chromium(found.orElseThrow());
    }

    /// The command that starts it without a window.
    ///
    /// @param profile folder for what it keeps
    /// @param more options and pages
    public List<String> command(Path profile, List<String> more) {
        List<String> all = new ArrayList<>(List.of(program.toString(), "--headless", "--no-sandbox", "--disable-gpu"));
        all.addAll(List.of("--enable-logging=stderr", "--no-first-run", "--disable-extensions"));
        all.add("--user-data-dir=" + profile);
        all.addAll(more);
        return all;
    }

    /// Ends it, and what it has started.
    public static void end(Process process) throws InterruptedException {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly().waitFor();
        for (ProcessHandle child : children) child.destroyForcibly();
    }
}
