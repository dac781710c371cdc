package dev.gradine.cli;

import dev.gradine.eval.judge.BradleyTerry;
import dev.gradine.eval.judge.Game;
import dev.gradine.eval.judge.JudgeCache;
import dev.gradine.eval.judge.JudgeReport;
import dev.gradine.eval.judge.JudgedPair;
import dev.gradine.eval.judge.JudgedQuestion;
import dev.gradine.eval.judge.Judging;
import dev.gradine.eval.judge.WinRate;
import dev.gradine.io.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine eval judge`: which answers are better, as a judge says.
@Command(
        name = "judge",
        mixinStandardHelpOptions = true,
        description = "Have answers judged: candidates against a baseline, each question in both orders; or rated one"
                + " by one; or, with --check, the judge itself.")
final class EvalJudgeCommand implements Callable<Integer> {

    private static final double MOST_INVALID = 0.10; // of verdicts

    @Mixin
    private JudgeArgs judge = new JudgeArgs();

    @Option(
            names = "--questions",
            required = true,
            paramLabel = "FILE",
            description = "Questions: rows with question_id, category, turns (MT-Bench) or instruction (AlpacaEval).")
    private Path questions = Path.of("");

    @Option(
            names = "--answers",
            paramLabel = "[NAME=]FILE",
            description =
                    "Answers of a candidate, as `eval answer` or FastChat write them, or rows with output; several.")
    private List<String> answers = new ArrayList<>();

    @Option(
            names = "--baseline",
            paramLabel = "FILE",
            description = "Answers the candidates are compared with; without them each answer is rated from 1 to 10.")
    private @Nullable Path baseline;

    @Option(
            names = "--reference",
            paramLabel = "FILE",
            description = "Right answers, shown to the judge for math, reasoning and coding.")
    private @Nullable Path reference;

    @Option(
            names = "--check",
            description = "Ask the judge to tell each reference answer from that to another question: is it any good?")
    private boolean check;

    @Option(names = "--limit", paramLabel = "N", description = "Judge the first N questions (default all).")
    private int limit;

    @Option(names = "--seed", paramLabel = "N", description = "Of the resamples (default 42).")
    private long seed = 42;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "Results, and what the judge has said: asked again, it is not asked again.")
    private Path out = Path.of("");

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public Integer call() {
        if (check == !answers.isEmpty()) {
            throw new IllegalArgumentException("--answers and --check: expected one of them");
        }
        List<JudgedQuestion> all = JudgedQuestion.read(questions);
        List<JudgedQuestion> asked = limit > 0 ? all.subList(0, Math.min(limit, all.size())) : all;
        Map<String, List<String>> references = reference == null ? Map.of() : JudgedQuestion.answers(reference);
        if (check) known(asked, references);
        return judge.with(System.getenv(), out.resolve(JudgeCache.FOLDER), (j, templates) -> {
            prepare();
            Judging judging = new Judging(j, templates, check ? Map.of() : references);
            if (check) return checked(judging, asked, references);
            return baseline == null ? rated(judging, asked) : compared(judging, asked, baseline);
        });
    }

    private void prepare() {
        try {
            Files.createDirectories(out);
        } catch (IOException e) {
            throw new UncheckedIOException(out + ": cannot be made a folder for results", e);
        }
    }

    /// A reference answer against the reference answer to the next question: a judge worth asking knows.
    private int checked(Judging judging, List<JudgedQuestion> asked, Map<String, List<String>> references) {
        List<JudgedQuestion> known = known(asked, references);
        Map<String, List<String>> shifted = new LinkedHashMap<>();
        for (int i = 0; i < known.size(); i++) {
            String other = known.get((i + 1) % known.size()).id();
            shifted.put(known.get(i).id(), references.getOrDefault(other, List.of()));
        }
        return report(judging, Map.of("right answers", judging.games(known, references, shifted)));
    }

    private static List<JudgedQuestion> known(List<JudgedQuestion> asked, Map<String, List<String>> references) {
        List<JudgedQuestion> known =
                asked.stream().filter(q -> references.containsKey(q.id())).toList();
        if (known.size() > 1) return known;
        throw new IllegalArgumentException("--check: --reference answers fewer than two questions");
    }

    private int compared(Judging judging, List<JudgedQuestion> asked, Path against) {
        Map<String, List<String>> base = JudgedQuestion.answers(against);
        Map<String, List<Game>> games = new LinkedHashMap<>();
        for (String given : answers) {
            NamedFolder named = NamedFolder.parse(given);
            games.put(name(named), judging.games(asked, JudgedQuestion.answers(named.folder()), base));
        }
        return report(judging, games);
    }

    private static String name(NamedFolder named) {
        return named.name().isEmpty() ? String.valueOf(named.folder().getFileName()) : named.name();
    }

    private int report(Judging judging, Map<String, List<Game>> games) {
        List<String> lines = new ArrayList<>();
        Map<String, Object> results = new LinkedHashMap<>();
        int invalid = 0;
        int verdicts = 0;
        for (var e : games.entrySet()) {
            JudgeReport report = new JudgeReport(e.getKey(), WinRate.of(e.getValue(), seed));
            double elo = elo(report.rate());
            lines.addAll(report.lines());
            lines.add(String.format(Locale.ROOT, "  Elo above the baseline %5.0f", elo));
            Map<String, Object> numbers = report.json();
            numbers.put("elo", elo);
            results.put(e.getKey(), numbers);
            invalid += report.rate().counts().invalid();
            verdicts += 2 * e.getValue().size();
        }
        return written(judging, lines, results, invalid > MOST_INVALID * verdicts);
    }

    private static double elo(WinRate rate) {
        double n = rate.scores().size();
        double won = rate.value() * n;
        return BradleyTerry.elo(BradleyTerry.strengths(List.of(List.of(0.0, n - won), List.of(won, 0.0)))
                .get(1));
    }

    private int rated(Judging judging, List<JudgedQuestion> asked) {
        List<String> lines = new ArrayList<>();
        Map<String, Object> results = new LinkedHashMap<>();
        boolean bad = false;
        for (String given : answers) {
            NamedFolder named = NamedFolder.parse(given);
            Map<String, Double> ratings = judging.ratings(asked, JudgedQuestion.answers(named.folder()));
            List<Double> valid =
                    ratings.values().stream().filter(Double::isFinite).toList();
            double mean =
                    valid.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
            lines.add(String.format(
                    Locale.ROOT,
                    "%s: mean rating %.2f of %d answers, %d invalid",
                    name(named),
                    mean,
                    valid.size(),
                    ratings.size() - valid.size()));
            results.put(name(named), Map.of("mean", mean, "ratings", ratings));
            bad |= ratings.size() - valid.size() > MOST_INVALID * ratings.size();
        }
        return written(judging, lines, results, bad);
    }

    private int written(Judging judging, List<String> lines, Map<String, Object> results, boolean bad) {
        PrintWriter print = spec.commandLine().getOut();
        print.println("judge: " + judge.shown());
        lines.forEach(print::println);
        judging.dropped().forEach(d -> print.println("dropped: " + d));
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("judge", judge.shown());
        all.put("results", results);
        all.put("dropped", judging.dropped());
        Json.write(out.resolve("judgement.json"), all);
        if (!judging.pairs().isEmpty()) JudgedPair.write(out, judging.pairs());
        if (bad) print.println("more than a tenth of the verdicts cannot be read: the numbers are of little worth");
        print.flush();
        return bad ? Failures.FAULT : 0;
    }
}
