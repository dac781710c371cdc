package dev.gradine.cli.pipeline;

import dev.gradine.cli.evaluation.EvalRun;
import dev.gradine.eval.judge.JudgedQuestion;
import dev.gradine.io.Json;
import dev.gradine.train.report.RunInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// Numbers that a finished stage has come to, read from what it wrote.
///
/// @param values by name, such as `eval_loss`
public record StageFigures(SequencedMap<String, Double> values) {

    private static final List<String> OF_TRAINING =
            List.of("eval_loss", "eval_rewards/accuracies", "eval_rewards/margins", "eval_accuracy", "eval_reward");

    /// Names of what judging gives, as its file and as a table have them.
    private static final Map<String, String> OF_JUDGING = Map.of(
            "win_rate", "win rate", "lc_minimal", "win rate at equal length", "consistency", "both orders agree");

    /// Copies the map.
    public StageFigures {
        values = new LinkedHashMap<>(values);
    }

    /// Those of a stage; none of one that only writes a model.
    static StageFigures of(ResolvedStage stage) {
        StageKind kind = stage.planned().stage().kind();
        Path output = stage.output();
        SequencedMap<String, Double> all = new LinkedHashMap<>();
        if (kind.trains()) training(output, all);
        if (kind.output().equals("results")) evaluation(output, all);
        if (kind.output().equals("answers")) answers(output, all);
        if (kind.output().equals("judgement")) judging(output, all);
        if (kind.output().equals("pairs")) numbers(Json.readObject(output.resolveSibling("feedback.json")), all);
        return new StageFigures(all);
    }

    private static void training(Path run, Map<String, Double> all) {
        RunInfo info = RunInfo.read(run);
        for (String name : OF_TRAINING) {
            Double value = info.outcome().evalAfter().get(name);
            if (value != null) all.put(name, value);
        }
        info.outcome().evalAfter().forEach((name, value) -> {
            if (name.endsWith("kl")) all.put(name, value);
        });
    }

    private static void evaluation(Path folder, Map<String, Double> all) {
        for (EvalRun.Figure f : EvalRun.read(folder).numbers()) {
            all.put(f.task() + " " + f.metric().replaceFirst(",none$", ""), f.value());
        }
    }

    /// Characters of an answer, over all turns; nats by which an answer is likelier than it was for the base.
    private static void answers(Path file, Map<String, Double> all) {
        JudgedQuestion.answers(file).values().stream()
                .flatMap(List::stream)
                .mapToInt(a -> a.codePointCount(0, a.length()))
                .average()
                .ifPresent(mean -> all.put("mean length", mean));
        JudgedQuestion.numbers(file, "divergence").stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .ifPresent(mean -> all.put("divergence from the base", mean));
    }

    private static void judging(Path folder, Map<String, Double> all) {
        Path file = folder.resolve("judgement.json");
        if (!Files.exists(file)) return;
        for (Map.Entry<?, ?> candidate : entries(Json.readObject(file).get("results"))) {
            Map<?, ?> numbers = map(candidate.getValue());
            OF_JUDGING.forEach((name, shown) -> {
                if (numbers.get(name) instanceof Number n) all.put(shown, n.doubleValue());
            });
            if (numbers.get("interval_95") instanceof List<?> bounds
                    && bounds.size() == 2
                    && bounds.get(1) instanceof Number high) {
                all.put(WIN_HIGH, high.doubleValue());
            }
            if (numbers.get("mean") instanceof Number mean) all.put("mean rating", mean.doubleValue());
        }
    }

    /// Name of the upper bound of a win rate.
    private static final String WIN_HIGH = "win rate at most";

    private static Iterable<? extends Map.Entry<?, ?>> entries(@Nullable Object object) {
        return map(object).entrySet();
    }

    private static Map<?, ?> map(@Nullable Object object) {
        return object instanceof Map<?, ?> m ? m : Map.of();
    }

    private static void numbers(Map<String, Object> object, Map<String, Double> all) {
        object.forEach((name, value) -> {
            if (value instanceof Number n) all.put(name, n.doubleValue());
        });
    }

    /// Whether it is a stage of feedback that found nothing to learn from.
    boolean isWithoutPairs() {
        return values.getOrDefault("pairs", 1.0) == 0;
    }

    /// The win rate of a stage of judging; NaN where there is none.
    double winRate() {
        return values.getOrDefault("win rate", Double.NaN);
    }

    /// The upper bound of its interval; NaN where there is none.
    double winAtMost() {
        return values.getOrDefault(WIN_HIGH, Double.NaN);
    }

    /// The perplexity of a word, or of a byte, that a stage of evaluation has found; NaN where there is none.
    double perplexity() {
        for (String unit : List.of("word_perplexity", "byte_perplexity", "perplexity")) {
            for (Map.Entry<String, Double> e : values.entrySet()) {
                if (e.getKey().endsWith(" " + unit)) return e.getValue();
            }
        }
        return Double.NaN;
    }
}
