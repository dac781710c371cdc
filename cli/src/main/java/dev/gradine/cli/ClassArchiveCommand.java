package dev.gradine.cli;

import dev.gradine.lab.base.StoryFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/// What the launcher runs after a build, when the JVM writes down at exit which classes were loaded: one training step
/// of the demo's model, so that those of training are among them.
@Command(name = "class-archive", hidden = true, description = "Loads the classes of a training run.")
final class ClassArchiveCommand implements Callable<Integer> {

    @Override
    public Integer call() throws IOException {
        Path folder = Files.createTempDirectory("gradine");
        PrintWriter nowhere = new PrintWriter(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        try {
            StoryFiles.copyTo(folder);
            return Main.commandLine(System.getenv())
                    .setOut(nowhere)
                    .setErr(nowhere)
                    .execute(
                            "sft",
                            "--model",
                            folder.resolve("model").toString(),
                            "--data",
                            folder.resolve(DemoRows.TRAIN).toString(),
                            "--out",
                            folder.resolve("out").toString(),
                            "--steps",
                            "1",
                            "--samples",
                            "1");
        } finally {
            delete(folder);
        }
    }

    private static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(folder)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path p : all) Files.delete(p);
    }
}
