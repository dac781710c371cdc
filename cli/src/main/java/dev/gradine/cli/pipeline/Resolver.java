package dev.gradine.cli.pipeline;

import dev.gradine.cli.pipeline.Commands.Kind;
import dev.gradine.cli.pipeline.Commands.Many;
import dev.gradine.cli.pipeline.Commands.Role;
import dev.gradine.io.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// Puts paths in the place of references, and computes the key of each stage:
///
/// ```
/// key = SHA-256(numbers of the engine, command, options)
/// option: a file or folder counts by its content, an earlier stage's output by that stage's key, all else as text
/// ```
///
/// The same key gives the same bytes, so a key stands for the content it leads to, and is known before anything runs.
public final class Resolver {

    /// To be raised by every change of the program after which a stage writes other numbers.
    private static final int ENGINE = 1;

    private static final List<String> OURS = List.of("out", "resume", "config", "help", "version", "explain");

    private final Path root;
    private final Commands commands;
    private final ContentHashes hashes;

    /// @param root folder of the pipeline
    Resolver(Path root, Commands commands, ContentHashes hashes) {
        this.root = root;
        this.commands = commands;
        this.hashes = hashes;
    }

    /// All stages, each with its command line checked.
    ///
    /// @throws IllegalArgumentException names the stage and the option
    List<ResolvedStage> resolve(Pipeline pipeline) {
        List<PlannedStage> planned = pipeline.planned();
        Map<PlannedStage, ResolvedStage> done = new HashMap<>();
        References paths = new References(planned, s -> found(done, s).output().toString());
        References keys = new References(planned, s -> found(done, s).key());
        List<ResolvedStage> all = new ArrayList<>();
        for (PlannedStage s : planned) {
            ResolvedStage resolved = resolve(s, paths, keys);
            done.put(s, resolved);
            all.add(resolved);
        }
        return all;
    }

    private static ResolvedStage found(Map<PlannedStage, ResolvedStage> done, PlannedStage s) {
        ResolvedStage found = done.get(s);
        if (found == null) throw new IllegalStateException("pipeline: " + s + " is not resolved yet");
        return found;
    }

    private ResolvedStage resolve(PlannedStage planned, References paths, References keys) {
        Stage stage = planned.stage();
        List<String> arguments = new ArrayList<>();
        SequencedMap<String, List<String>> decisive = new TreeMap<>();
        stage.options().forEach((option, given) -> {
            Role role = role(stage, option);
            List<String> values = values(role, given.in(planned.round()));
            List<String> filled = new ArrayList<>();
            List<String> hashed = new ArrayList<>();
            for (String value : values) {
                filled.add(paths.fill(planned, option, value));
                boolean refers = value.contains("${");
                hashed.add(refers ? keys.fill(planned, option, value) : content(stage, option, role, value));
            }
            arguments.addAll(arguments(stage, option, role, filled));
            decisive.put(option, hashed);
        });
        ResolvedStage resolved = new ResolvedStage(planned, key(stage.kind(), decisive), root, arguments);
        return told(stage, () -> {
            commands.check(resolved.line(resolved.half()));
            return resolved;
        });
    }

    /// Each by itself: `a.jsonl,b.jsonl` are two files.
    private static List<String> values(Role role, List<String> given) {
        if (role.many() != Many.JOINED) return given;
        return given.stream().flatMap(v -> Stream.of(v.split(",", -1))).toList();
    }

    private Role role(Stage stage, String option) {
        if (OURS.contains(option)) {
            throw new IllegalArgumentException(
                    "%s: %s is the pipeline's, expected no such option".formatted(stage.name(), option));
        }
        return told(stage, () -> commands.role(stage.kind(), option));
    }

    /// What `ask` gives; what it refuses is said of the stage.
    private static <T> T told(Stage stage, Supplier<T> ask) {
        try {
            return ask.get();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(stage.name() + ": " + e.getMessage(), e);
        }
    }

    /// What a value counts by.
    private String content(Stage stage, String option, Role role, String value) {
        if (role.kind() == Kind.FLAG || role.kind() == Kind.VALUE) return value;
        int named = role.kind() == Kind.MAYBE_FILE ? value.indexOf('=') + 1 : 0;
        Path path = Path.of(value.substring(named));
        if (Files.exists(path)) return value.substring(0, named) + hashes.of(path);
        if (role.kind() == Kind.MAYBE_FILE) return value;
        throw new IllegalArgumentException("%s: %s: %s is not there".formatted(stage.name(), option, path));
    }

    private static List<String> arguments(Stage stage, String option, Role role, List<String> values) {
        String name = "--" + option;
        if (role.kind() == Kind.FLAG) return values.equals(List.of("true")) ? List.of(name) : List.of();
        if (role.many() == Many.REPEATED)
            return values.stream().map(v -> name + "=" + v).toList();
        if (role.many() == Many.JOINED) return List.of(name + "=" + String.join(",", values));
        if (values.size() == 1) return List.of(name + "=" + values.getFirst());
        if (values.isEmpty()) return List.of();
        throw new IllegalArgumentException(
                "%s: %s: %d values, expected one".formatted(stage.name(), option, values.size()));
    }

    private static String key(StageKind kind, Map<String, List<String>> options) {
        Sha256 sha = new Sha256();
        sha.add("engine %d\n%s\n".formatted(ENGINE, String.join(" ", kind.command())));
        options.forEach((option, values) -> {
            sha.add("%s %d\n".formatted(option, values.size()));
            values.forEach(v -> sha.add("%d %s\n".formatted(v.length(), v)));
        });
        return sha.hex();
    }
}
