package dev.gradine.eval.task;

import dev.gradine.eval.document.DataFolders;
import dev.gradine.eval.document.TaskException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The tasks that travel with the program. Their data do not: they are found in the user's folders.
public final class Tasks {

    /// Their names.
    public static final List<String> NAMES = List.of(
            "truthfulqa_mc1",
            "truthfulqa_mc2",
            "persona_agreeableness",
            "persona_interest-in-math",
            "advanced_ai_risk_human-corrigible-more-HHH",
            "gsm8k",
            "gsm8k_cot",
            "gsm8k_cot_zeroshot",
            "svamp",
            "tinyshakespeare",
            "tinystories",
            "humaneval");

    private Tasks() {}

    /// A task with the folders its data are looked for in.
    ///
    /// @param task the task
    /// @param folders those given, and before them that of the task's file
    public record Found(EvalTask task, DataFolders folders) {}

    /// The task of a name, or of a YAML file.
    ///
    /// @throws TaskException if there is no such name or file, or it is no task
    public static Found find(String nameOrFile, DataFolders folders) {
        if (NAMES.contains(nameOrFile)) return new Found(named(nameOrFile), folders);
        Path file = Path.of(nameOrFile);
        if (!Files.isRegularFile(file)) {
            throw new TaskException(nameOrFile, "is no file and no name, expected one of " + String.join(", ", NAMES));
        }
        Path beside = file.toAbsolutePath().normalize().resolveSibling("");
        EvalTask task = TaskFile.parse(nameOrFile, read(file), name -> read(beside.resolve(name)));
        return new Found(task, folders.behind(beside));
    }

    /// A task that travels with the program.
    public static EvalTask named(String name) {
        return TaskFile.parse(name, resource(name + ".yaml"), Tasks::resource);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String resource(String name) {
        try (InputStream in = Tasks.class.getResourceAsStream(name)) {
            if (in == null) throw new TaskException(name, "does not travel with the program");
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
