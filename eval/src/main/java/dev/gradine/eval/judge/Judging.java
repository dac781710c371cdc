package dev.gradine.eval.judge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Has answers judged, question by question and turn by turn.
///
/// A question for which the judge cannot be asked is dropped and counted; if that happens three times in
/// a row, judging ends.
public final class Judging {

    private static final int IN_A_ROW = 3;

    private final AnswerJudge judge;
    private final JudgeTemplates templates;
    private final Map<String, List<String>> references;
    private final List<String> dropped = new ArrayList<>();
    private final List<JudgedPair> pairs = new ArrayList<>();
    private int failed;

    /// @param references reference answers by question; empty for none
    public Judging(AnswerJudge judge, JudgeTemplates templates, Map<String, List<String>> references) {
        this.judge = judge;
        this.templates = templates;
        this.references = Map.copyOf(references);
    }

    /// The games of a candidate and a baseline, on every turn that both have answered.
    ///
    /// @throws JudgeException if the judge cannot be asked
    public List<Game> games(
            List<JudgedQuestion> questions, Map<String, List<String>> candidate, Map<String, List<String>> baseline) {
        List<Game> games = new ArrayList<>();
        for (JudgedQuestion q : questions) {
            List<String> a = candidate.getOrDefault(q.id(), List.of());
            List<String> b = baseline.getOrDefault(q.id(), List.of());
            int turns = Math.min(q.turns().size(), Math.min(a.size(), b.size()));
            for (int t = 1; t <= turns; t++) games.addAll(game(q, t, a, b));
        }
        return games;
    }

    /// One game, or none if it had to be dropped.
    private List<Game> game(JudgedQuestion q, int turn, List<String> a, List<String> b) {
        List<String> reference = reference(q, turn);
        return asked(q.id() + " turn " + turn, () -> {
            JudgeVerdict forward = judge.verdict(templates.pair(q, turn, a, b, reference));
            JudgeVerdict swapped = judge.verdict(templates.pair(q, turn, b, a, reference));
            var answers = new JudgedPair.Answers(a.get(turn - 1), b.get(turn - 1));
            pairs.add(new JudgedPair(q.id(), q.turns().get(turn - 1), turn, answers, forward, swapped));
            int own = length(answers.candidate());
            return new Game(q.id(), forward.label(), swapped.label(), own, length(answers.baseline()));
        });
    }

    /// What was said of each two answers so far.
    public List<JudgedPair> pairs() {
        return List.copyOf(pairs);
    }

    /// Ratings of every answer by question and turn, such as `81/2`; NaN where the judge gave none.
    public Map<String, Double> ratings(List<JudgedQuestion> questions, Map<String, List<String>> answers) {
        Map<String, Double> all = new LinkedHashMap<>();
        for (JudgedQuestion q : questions) {
            List<String> answer = answers.getOrDefault(q.id(), List.of());
            for (int t = 1; t <= Math.min(q.turns().size(), answer.size()); t++) {
                int turn = t;
                String place = q.id() + "/" + turn;
                asked(
                                place,
                                () -> judge.verdict(templates.single(q, turn, answer, reference(q, turn)))
                                        .label())
                        .forEach(label -> all.put(place, label.isEmpty() ? Double.NaN : Double.parseDouble(label)));
            }
        }
        return all;
    }

    private List<String> reference(JudgedQuestion q, int turn) {
        List<String> all = q.wantsReference() ? references.getOrDefault(q.id(), List.of()) : List.of();
        return all.size() < turn ? List.of() : all;
    }

    private <T> List<T> asked(String place, Supplier<T> question) {
        try {
            T answer = question.get();
            failed = 0;
            return List.of(answer);
        } catch (JudgeException e) {
            failed++;
            if (!e.isPassing() || failed == IN_A_ROW) throw e;
            dropped.add(place + ": " + e.getMessage());
            return List.of();
        }
    }

    /// Questions that had to be left out, and why.
    public List<String> dropped() {
        return List.copyOf(dropped);
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
