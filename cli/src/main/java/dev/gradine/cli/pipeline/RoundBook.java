package dev.gradine.cli.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.TreeSet;

/// The figures of all stages that have finished, by round; which round is best; whether the rounds should end.
public final class RoundBook {

    private static final String MISSING = "";

    private final Pipeline pipeline;
    private final SequencedMap<ResolvedStage, StageFigures> figures = new LinkedHashMap<>();

    RoundBook(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    /// Takes down a stage that has finished.
    void add(ResolvedStage stage) {
        add(stage, StageFigures.of(stage));
    }

    void add(ResolvedStage stage, StageFigures its) {
        figures.put(stage, its);
    }

    /// All of them.
    SequencedMap<ResolvedStage, StageFigures> figures() {
        return figures;
    }

    private StageFigures of(String name, int round) {
        StageFigures found = new StageFigures(new LinkedHashMap<>());
        for (var e : figures.entrySet()) if (e.getKey().planned().is(name, round)) found = e.getValue();
        return found;
    }

    /// Rounds of which something has finished.
    private List<Integer> rounds() {
        TreeSet<Integer> all = new TreeSet<>();
        figures.keySet().forEach(s -> all.add(s.planned().round()));
        all.remove(0);
        return List.copyOf(all);
    }

    /// Why no round should follow this one; empty if nothing speaks against it.
    String stops(int round) {
        Rounds.Stop stop = pipeline.rounds().stop();
        if (!stop.win().isEmpty() && round > 1) {
            double most = of(stop.win(), round).winAtMost();
            if (most < 0.5) {
                return String.format(
                        Locale.ROOT, "%s: it wins at most %.1f %% against round %d", stop.win(), 100 * most, round - 1);
            }
        }
        for (var e : figures.entrySet()) {
            boolean none = e.getValue().isWithoutPairs() && e.getKey().planned().round() == round;
            if (none) return e.getKey().planned().stage().name() + ": no pair is left to learn from";
        }
        if (stop.text().isEmpty()) return "";
        double before = before(stop.text());
        double now = of(stop.text(), round).perplexity();
        if (!(now > before * (1 + stop.rise()))) return "";
        return String.format(
                Locale.ROOT,
                "%s: the perplexity rose from %.4g to %.4g, more than %.0f %%",
                stop.text(),
                before,
                now,
                100 * stop.rise());
    }

    /// The perplexity that later ones are compared with: of the same task before the rounds, else of the first round.
    private double before(String name) {
        double first = of(name, 1).perplexity();
        for (var e : figures.entrySet()) {
            if (e.getKey().planned().round() > 0) break;
            double earlier = e.getValue().perplexity();
            if (Double.isFinite(earlier)) first = earlier;
        }
        return first;
    }

    /// The round to keep: of those that were not one too many, the one whose win rate is highest, else the last.
    ///
    /// @param tooMany the round after which the pipeline stopped; 0 for none
    int best(int tooMany) {
        int best = 0;
        double most = Double.NEGATIVE_INFINITY;
        String by = pipeline.rounds().stop().best();
        for (int round : rounds()) {
            if (round == tooMany && round > 1) continue;
            double rate = by.isEmpty() ? round : of(by, round).winRate();
            if (rate >= most) {
                best = round;
                most = rate;
            }
        }
        return best;
    }

    /// Where the last adapter of a round is.
    String adapterOf(int round) {
        String found = "";
        for (ResolvedStage s : figures.keySet()) {
            boolean trained = s.planned().stage().kind().trains() && s.planned().round() == round;
            if (trained) found = "adapter " + s.output();
        }
        return found;
    }

    /// A row a figure of the stages that are repeated, a column a round; the first row has the headings.
    List<List<String>> table() {
        List<Integer> rounds = rounds();
        List<List<String>> rows = new ArrayList<>();
        if (rounds.isEmpty()) return rows;
        List<String> head = new ArrayList<>(List.of("stage and figure"));
        rounds.forEach(r -> head.add("round " + r));
        rows.add(head);
        for (Stage s : pipeline.stages()) {
            TreeSet<String> names = new TreeSet<>();
            boolean repeated = figures.keySet().stream()
                    .anyMatch(f -> f.planned().stage().equals(s) && f.planned().round() > 0);
            if (repeated)
                rounds.forEach(r -> names.addAll(of(s.name(), r).values().keySet()));
            for (String name : names) rows.add(row(s.name(), name, rounds));
        }
        return rows;
    }

    private List<String> row(String stage, String figure, List<Integer> rounds) {
        List<String> row = new ArrayList<>(List.of(stage + ": " + figure));
        for (int round : rounds) {
            Double value = of(stage, round).values().get(figure);
            row.add(value == null ? MISSING : number(value));
        }
        return row;
    }

    /// How the stages differ that are to be compared: first, second, difference; a row a figure both have.
    List<List<String>> comparisons() {
        List<List<String>> rows = new ArrayList<>();
        int round = rounds().isEmpty() ? 0 : rounds().getLast();
        for (List<String> pair : pipeline.compare()) {
            StageFigures a = of(pair.getFirst(), round);
            StageFigures b = of(pair.getLast(), round);
            a.values().forEach((name, value) -> {
                Double other = b.values().get(name);
                if (other == null) return;
                String what = "%s after %s: %s".formatted(pair.getLast(), pair.getFirst(), name);
                rows.add(List.of(
                        what, number(value), number(other), String.format(Locale.ROOT, "%+.4g", other - value)));
            });
        }
        return rows;
    }

    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.4f", value);
    }
}
