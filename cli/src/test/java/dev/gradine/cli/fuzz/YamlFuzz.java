package dev.gradine.cli.fuzz;

import dev.gradine.cli.OptionsOfFile;
import dev.gradine.data.DataException;
import dev.gradine.io.CheckpointException;
import dev.gradine.testkit.fuzz.FileKind;
import dev.gradine.testkit.fuzz.Mutation;
import dev.gradine.testkit.fuzz.Original;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/// Options in YAML, as `--config` takes them.
final class YamlFuzz {

    private static final String OPTIONS = """
            lr: 1e-4
            steps: 3
            targets: [q_proj, v_proj]
            rank-pattern: {q_proj: 4}
            no-shuffle: true
            # a comment
            alpha: &x 8
            seed: 7
            """;

    private static final List<String> WORDS = List.of(
            "null",
            "true",
            "-1",
            "1e999",
            "9223372036854775807",
            "[]",
            "{}",
            "[[[[",
            "\"\\ud800\"",
            ".nan",
            "0x1f",
            "0b1",
            "1_000",
            "2001-01-01",
            "&a [*a, *a]",
            "&b {<<: *b}",
            "- - - -",
            "? ? ?",
            "!!javax.script.ScriptEngineManager ",
            "!!binary ",
            "|\n  x",
            "%YAML 9.9\n---\n",
            "---\n",
            "...\n",
            "\t",
            "\u0000",
            "rank: ",
            "help: true\n",
            "config: x\n");

    private YamlFuzz() {}

    static List<FileKind> kinds(Path folder) {
        Path file = folder.resolve("options.yaml");
        OptionsOfFile options = new OptionsOfFile();
        Original original = new Original(OPTIONS.getBytes(StandardCharsets.UTF_8), "", bytes -> {
            Files.write(file, bytes);
            options.read(file);
        });
        Set<Class<? extends IllegalArgumentException>> refusals =
                Set.of(CheckpointException.class, DataException.class, OptionsOfFile.Refused.class);
        return List.of(new FileKind("yaml", List.of(original), new Mutation(WORDS), refusals));
    }
}
