package dev.gradine.cli.pipeline;

import dev.gradine.io.CheckpointException;
import dev.gradine.io.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Runs a pipeline from its first stage that has not finished to its last, or as far as it was told.
public final class PipelineRun {

    private final Path root;
    private final Commands commands;
    private final Consumer<String> tell;
    private final Consumer<String> print;

    /// @param root folder for everything
    /// @param tell gets a line about each stage
    /// @param print gets what stages print
    public PipelineRun(Path root, Commands commands, Consumer<String> tell, Consumer<String> print) {
        this.root = root;
        this.commands = commands;
        this.tell = tell;
        this.print = print;
    }

    /// Which of the stages are run.
    ///
    /// @param from name of the first; those before it must have finished; empty for the first there is
    /// @param until name of the last; empty for the last there is
    public record Part(String from, String until) {}

    /// What came of it.
    ///
    /// @param code exit code: 0, or that of the stage that failed
    /// @param lines for the reader
    public record Result(int code, List<String> lines) {

        /// Copies the list.
        public Result {
            lines = List.copyOf(lines);
        }
    }

    /// What would be run: stage, command, key, state, and what the planner says; a line a stage.
    ///
    /// @throws IllegalArgumentException if the pipeline is wrong
    public List<String> planned(Pipeline pipeline) {
        List<String> lines = new ArrayList<>();
        List<ResolvedStage> stages = new Resolver(root, commands, ContentHashes.in(root)).resolve(pipeline);
        int width = stages.stream().mapToInt(s -> s.toString().length()).max().orElse(0);
        for (ResolvedStage s : stages) {
            StageKind kind = s.planned().stage().kind();
            String state = s.isDone() ? "done" : Files.exists(s.half()) ? "half written" : "to run";
            String cost = kind.trains() && !s.isDone() ? commands.planned(s.line(s.half())) : "";
            lines.add(("%-" + width + "s  %-11s  %s  %-12s  %s")
                    .formatted(s, kind.uses(), s.shortKey(), state, cost)
                    .stripTrailing());
        }
        return lines;
    }

    /// Runs it.
    ///
    /// @throws IllegalArgumentException if the pipeline is wrong, or a stage before the part has not finished
    public Result run(Pipeline pipeline, Part part) {
        try {
            Files.createDirectories(root);
        } catch (IOException e) {
            throw CheckpointException.of(root, "cannot be made", e);
        }
        try (FolderLock _ = FolderLock.take(root)) {
            ContentHashes hashes = ContentHashes.in(root);
            List<ResolvedStage> all = new Resolver(root, commands, hashes).resolve(pipeline);
            List<ResolvedStage> asked = all.subList(first(all, part.from()), last(all, part.until()) + 1);
            requireDone(all, asked);
            RoundBook book = new RoundBook(pipeline);
            all.subList(0, all.indexOf(asked.getFirst())).forEach(book::add);
            Result result = run(asked, book, new StageRunner(commands, hashes, tell, print));
            hashes.save();
            if (book.figures().isEmpty()) return result;
            Path page = PipelinePage.write(root, pipeline, book, result.lines());
            List<String> lines = new ArrayList<>(text(book));
            lines.addAll(result.lines());
            lines.add("report " + page);
            return new Result(result.code(), lines);
        }
    }

    private static Result run(List<ResolvedStage> stages, RoundBook book, StageRunner runner) {
        int tooMany = 0;
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < stages.size() && tooMany == 0; i++) {
            ResolvedStage stage = stages.get(i);
            int round = stage.planned().round();
            int code = runner.run(stage);
            if (code != 0) {
                return new Result(
                        code,
                        List.of("%s ended with exit code %d; the same command goes on from there"
                                .formatted(stage, code)));
            }
            book.add(stage);
            boolean ends = round > 0
                    && (i + 1 == stages.size() || stages.get(i + 1).planned().round() != round);
            String why = ends ? book.stops(round) : "";
            if (why.isEmpty()) continue;
            tooMany = round;
            lines.add("stopped after round %d: %s".formatted(round, why));
        }
        int best = book.best(tooMany);
        if (best > 0) lines.add("best round: %d, %s".formatted(best, book.adapterOf(best)));
        if (lines.isEmpty()) lines.add("all stages have finished");
        return new Result(0, lines);
    }

    private static int first(List<ResolvedStage> all, String name) {
        return name.isEmpty() ? 0 : place(all, "--from", name);
    }

    private static int last(List<ResolvedStage> all, String name) {
        return name.isEmpty() ? all.size() - 1 : place(all, "--until", name);
    }

    private static int place(List<ResolvedStage> all, String option, String name) {
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).planned().stage().name().equals(name)) return i;
        }
        List<String> names =
                all.stream().map(s -> s.planned().stage().name()).distinct().toList();
        throw new IllegalArgumentException(
                "%s: there is no stage %s, expected one of %s".formatted(option, name, String.join(", ", names)));
    }

    private static void requireDone(List<ResolvedStage> all, List<ResolvedStage> asked) {
        if (asked.isEmpty()) throw new IllegalArgumentException("--until: comes before --from, expected a later stage");
        for (ResolvedStage s : all.subList(0, all.indexOf(asked.getFirst()))) {
            if (s.isDone()) continue;
            throw new IllegalArgumentException("--from %s: stage %s has not finished, expected an earlier --from"
                    .formatted(asked.getFirst().planned().stage().name(), s));
        }
    }

    /// The tables as text.
    private static List<String> text(RoundBook book) {
        List<String> lines = new ArrayList<>();
        for (List<List<String>> table : List.of(book.table(), book.comparisons())) {
            int width =
                    table.stream().mapToInt(r -> r.getFirst().length()).max().orElse(0);
            for (List<String> row : table) {
                StringBuilder line = new StringBuilder(("%-" + width + "s").formatted(row.getFirst()));
                row.subList(1, row.size()).forEach(cell -> line.append("%12s".formatted(cell)));
                lines.add(line.toString());
            }
        }
        return lines;
    }
}
