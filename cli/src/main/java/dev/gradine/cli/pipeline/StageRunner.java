package dev.gradine.cli.pipeline;

import dev.gradine.io.AtomicFiles;
import dev.gradine.io.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Runs stages, each in a folder that takes its name when it has finished: what is half written is written again, or
/// gone on with where the command can do that.
///
/// @param commands that they run
/// @param hashes of files
/// @param tell gets a line about each
/// @param print gets what they print, with the folder they are in when they have finished
record StageRunner(Commands commands, ContentHashes hashes, Consumer<String> tell, Consumer<String> print) {

    private static final String PRINTED = "output.txt";

    /// Runs a stage unless it has finished before, and gives the exit code of its command.
    ///
    /// @throws CheckpointException if its files have been changed since, or cannot be written
    int run(ResolvedStage stage) {
        if (stage.isDone()) {
            StageManifest.read(stage.folder()).requireUnchanged(stage.folder(), hashes);
            tell.accept("%s: done before (%s)".formatted(stage, stage.shortKey()));
            return 0;
        }
        Path half = stage.half();
        boolean goesOn = stage.planned().stage().kind().goesOn() && Files.exists(half);
        tell.accept("%s: %s (%s)".formatted(stage, goesOn ? "goes on" : "begins", stage.shortKey()));
        if (!goesOn) AtomicFiles.remove(half);
        long start = System.nanoTime();
        StringBuilder printed = new StringBuilder();
        try {
            Files.createDirectories(half);
            int code = commands.run(stage.line(half), printed);
            String text =
                    printed.toString().replace(half.toString(), stage.folder().toString());
            print.accept(text);
            if (code != 0) return code;
            AtomicFiles.writeText(half.resolve(PRINTED), text);
            Map<String, String> outputs = hashes.files(half);
            List<String> line = stage.line(stage.folder());
            double seconds = (System.nanoTime() - start) / 1e9;
            new StageManifest(stage.toString(), stage.key(), line, seconds, outputs).write(half);
            Files.move(half, stage.folder(), StandardCopyOption.ATOMIC_MOVE);
            return 0;
        } catch (IOException e) {
            throw CheckpointException.of(half, "cannot be written", e);
        }
    }
}
