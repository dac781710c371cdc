package dev.gradine.cli.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is unfinished is gone, however the work ends.
class UnfinishedTest {

    @TempDir
    private Path temp = Path.of("");

    /// A program that writes a part and a folder, and waits for another that would write more.
    static final class Work {

        private Work() {}

        public static void main(String[] args) throws IOException, InterruptedException {
            Path dir = Path.of(args[0]);
            try (Unfinished _ = new Unfinished(dir.resolve("a.part"), dir.resolve("folder"))) {
                Files.createDirectories(dir.resolve("folder/inner"));
                Files.writeString(dir.resolve("a.part"), "half");
                new ProcessBuilder("sh", "-c", "touch '" + dir.resolve("begun") + "'; exec sleep 60")
                        .start()
                        .waitFor();
            }
        }
    }

    @Test
    void a_process_that_is_ended_leaves_nothing() throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Process work = new ProcessBuilder(List.of(java, "-cp", classPath, Work.class.getName(), temp.toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            Path begun = temp.resolve("begun");
            while (work.isAlive() && !Files.exists(begun)) work.waitFor(10, TimeUnit.MILLISECONDS);
            assertThat(temp.resolve("a.part")).exists();
            work.destroy();
            assertThat(work.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(temp).isDirectoryNotContaining("glob:**.part").isDirectoryNotContaining("glob:**folder");
        } finally {
            work.destroyForcibly();
        }
    }

    @Test
    void work_that_ends_leaves_nothing_but_what_it_moved_away() throws IOException {
        Path part = temp.resolve("a.part");
        Path done = temp.resolve("a");
        try (Unfinished _ = new Unfinished(part)) {
            Files.writeString(part, "whole");
            Files.move(part, done);
        }
        assertThat(temp).isDirectoryContaining("glob:**a").isDirectoryNotContaining("glob:**.part");
        try (Unfinished _ = new Unfinished(part)) {
            Files.writeString(part, "half");
        }
        assertThat(part).doesNotExist();
    }
}
