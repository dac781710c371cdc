package dev.gradine.eval.judge;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Pairs to learn from, made of what a judge has said: what it found worst first.
///
/// A loop that learnt from every verdict would learn the judge's quirks: who stands first, who is longer. So a pair
/// counts only if both orders agree, its answers differ in more than case and signs, and neither is much longer.
///
/// @param heldOut prompts that are never learnt from
/// @param maxLengthRatio longest answer in lengths of the other; 0 for any
/// @param lostOnly whether what the candidate won is left out
/// @param limit most pairs; 0 for all
public record Feedback(List<String> heldOut, double maxLengthRatio, boolean lostOnly, int limit) {

    /// Copies the list.
    ///
    /// @throws IllegalArgumentException if the ratio is below 1 and not 0
    public Feedback {
        heldOut = heldOut.stream().map(Feedback::plain).toList();
        if (maxLengthRatio != 0 && !(maxLengthRatio >= 1)) {
            throw new IllegalArgumentException(
                    "--max-length-ratio: %s, expected at least 1, or 0 for any".formatted(maxLengthRatio));
        }
    }

    /// What came of it.
    ///
    /// @param rows for a file of pairs: prompt, chosen, rejected, and the judge's reason
    /// @param counts pairs, and how many were left out why
    public record Result(List<Map<String, Object>> rows, SequencedMap<String, Integer> counts) {

        /// Copies both.
        public Result {
            rows = List.copyOf(rows);
            counts = new LinkedHashMap<>(counts);
        }
    }

    /// The pairs of verdicts, those that the candidate lost first.
    public Result of(List<JudgedPair> judged) {
        SequencedMap<String, Integer> counts = new LinkedHashMap<>(Map.of("judged", judged.size()));
        for (String c : List.of("pairs", "lost", "won")) counts.put(c, 0);
        Set<String> seen = new HashSet<>();
        List<Map<String, Object>> lost = new ArrayList<>();
        List<Map<String, Object>> won = new ArrayList<>();
        for (JudgedPair p : judged) {
            String why = against(p, seen);
            if (!why.isEmpty()) counts.merge("left out: " + why, 1, Integer::sum);
            else (isWon(p) ? won : lost).add(row(p));
        }
        List<Map<String, Object>> all = new ArrayList<>(lost);
        all.addAll(won);
        if (limit > 0 && all.size() > limit) {
            counts.put("left out: beyond the limit", all.size() - limit);
            all = all.subList(0, limit);
        }
        counts.put("lost", Math.min(lost.size(), all.size()));
        counts.put("won", all.size() - Math.min(lost.size(), all.size()));
        counts.put("pairs", all.size());
        return new Result(all, counts);
    }

    private static boolean isWon(JudgedPair p) {
        return p.forward().label().equals("A");
    }

    /// Why a pair is left out; empty if it is not.
    private String against(JudgedPair p, Set<String> seen) {
        String forward = p.forward().label();
        String swapped = p.swapped().label();
        if (forward.isEmpty() || swapped.isEmpty()) return "verdict cannot be read";
        if (forward.equals("C") && swapped.equals("C")) return "tie";
        boolean agree = (forward.equals("A") && swapped.equals("B")) || (forward.equals("B") && swapped.equals("A"));
        if (!agree) return "orders disagree";
        if (lostOnly && isWon(p)) return "won";
        if (p.turn() > 1) return "later turn";
        if (heldOut.contains(plain(p.prompt()))) return "held out";
        String one = plain(p.answers().candidate());
        String other = plain(p.answers().baseline());
        if (one.equals(other)) return "same text";
        if (isUneven(p.answers())) return "lengths differ";
        boolean isNew = seen.add(plain(p.prompt()) + "\n" + (isWon(p) ? one + "\n" + other : other + "\n" + one));
        return isNew ? "" : "seen before";
    }

    private boolean isUneven(JudgedPair.Answers answers) {
        double a = answers.candidate().codePointCount(0, answers.candidate().length());
        double b = answers.baseline().codePointCount(0, answers.baseline().length());
        return maxLengthRatio > 0 && Math.max(a, b) > maxLengthRatio * Math.min(a, b);
    }

    /// Letters and digits alone, in lower case: texts that differ in nothing else are the same.
    private static String plain(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " ").strip();
    }

    private static Map<String, Object> row(JudgedPair p) {
        boolean won = isWon(p);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("prompt", said("user", p.prompt()));
        row.put(
                "chosen",
                said("assistant", won ? p.answers().candidate() : p.answers().baseline()));
        row.put(
                "rejected",
                said("assistant", won ? p.answers().baseline() : p.answers().candidate()));
        row.put("reason", p.forward().said());
        row.put("question_id", p.question());
        row.put("candidate", won ? "won" : "lost");
        return row;
    }

    private static List<Map<String, String>> said(String role, String text) {
        return List.of(Map.of("role", role, "content", text));
    }
}
