package dev.gradine.eval.judge;

import dev.gradine.data.DataException;
import dev.gradine.data.chat.Message;
import dev.gradine.data.file.RowFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How a judge is asked: MT-Bench's templates from the user's file, or two of our own.
///
/// A template is chosen by what is judged: one answer or two, with a reference answer or without, the
/// first turn or both. MT-Bench calls them `pair-v2`, `pair-math-v1-multi-turn`, `single-v1` and so on.
public final class JudgeTemplates {

    private static final Pattern HOLE = Pattern.compile("\\{(\\w+)}");

    private static final String OWN_PAIR = """
            Two assistants have answered the same request. Say which answer is better: more correct, more helpful,
            closer to what was asked. Neither the order of the answers nor their length matters. Say briefly why, then
            end with [[A]] if the answer of A is better, [[B]] if that of B is, [[C]] if they are equally good.""";

    private static final String OWN_SINGLE = """
            An assistant has answered a request. Rate the answer from 1 to 10: how correct and helpful it is. Say
            briefly why, then end with the number in this form: Rating: [[5]]""";

    private final Map<String, Template> templates;

    /// A system message and what the user says, with holes such as `{answer_a}`.
    private record Template(String system, String text) {}

    private JudgeTemplates(Map<String, Template> templates) {
        this.templates = templates;
    }

    /// Our own.
    public static JudgeTemplates own() {
        return new JudgeTemplates(Map.of());
    }

    /// Those of a file in MT-Bench's form: `name`, `system_prompt`, `prompt_template`.
    public static JudgeTemplates read(Path file) {
        Map<String, Template> all = new LinkedHashMap<>();
        try {
            RowFile.values(file, row -> {
                String name = row.path("name").asString("");
                String text = row.path("prompt_template").asString("");
                if (name.isEmpty() || text.isEmpty()) throw new DataException("has no name or no prompt_template");
                all.put(name, new Template(row.path("system_prompt").asString(""), text));
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new JudgeTemplates(all);
    }

    /// Which of two answers is better.
    ///
    /// @param turn which turn is judged, from 1
    /// @param a first answer, turn by turn
    /// @param b second answer
    /// @param reference reference answer, turn by turn; empty for none
    JudgePrompt pair(JudgedQuestion q, int turn, List<String> a, List<String> b, List<String> reference) {
        String name = (reference.isEmpty() ? "pair-v2" : "pair-math-v1") + (turn > 1 ? "-multi-turn" : "");
        Map<String, String> parts = parts(q, reference);
        put(parts, "answer_a", a);
        put(parts, "answer_b", b);
        return filled(JudgePrompt.Kind.PAIR, name, ownPair(turn, reference), parts)
                .of(List.of(talk(q, turn, a), talk(q, turn, b)));
    }

    /// How good an answer is.
    ///
    /// @param reference reference answer, turn by turn; empty for none
    /// @throws IllegalArgumentException if the user's file has no template for it
    public JudgePrompt single(JudgedQuestion q, int turn, List<String> answer, List<String> reference) {
        String name = (reference.isEmpty() ? "single-v1" : "single-math-v1") + (turn > 1 ? "-multi-turn" : "");
        Map<String, String> parts = parts(q, reference);
        put(parts, "answer", answer);
        return filled(JudgePrompt.Kind.RATING, name, ownSingle(turn, reference), parts)
                .of(List.of(talk(q, turn, answer)));
    }

    private static List<Message> talk(JudgedQuestion q, int turns, List<String> answers) {
        List<Message> talk = new ArrayList<>();
        for (int t = 0; t < turns; t++) {
            talk.add(new Message("user", q.turns().get(t)));
            talk.add(new Message("assistant", answers.get(t)));
        }
        return talk;
    }

    private static Map<String, String> parts(JudgedQuestion q, List<String> reference) {
        Map<String, String> parts = new LinkedHashMap<>();
        put(parts, "question", q.turns());
        put(parts, "ref_answer", reference);
        return parts;
    }

    /// A text under its name, and each turn of it under name and number.
    private static void put(Map<String, String> parts, String name, List<String> turns) {
        if (turns.isEmpty()) return;
        parts.put(name, turns.getFirst());
        for (int t = 0; t < turns.size(); t++) parts.put(name + "_" + (t + 1), turns.get(t));
    }

    private JudgePrompt filled(JudgePrompt.Kind kind, String name, Template own, Map<String, String> parts) {
        Template t = templates.isEmpty() ? own : templates.get(name);
        if (t == null) {
            throw new IllegalArgumentException(
                    "judge prompts: none is called %s, there are %s".formatted(name, templates.keySet()));
        }
        // in one pass, so that what looks like a hole in an answer stays text
        String user = HOLE.matcher(t.text()).replaceAll(hole -> {
            String part = parts.get(hole.group(1));
            return Matcher.quoteReplacement(part == null ? hole.group() : part);
        });
        return new JudgePrompt(kind, t.system(), user, List.of());
    }

    private static Template ownPair(int turn, List<String> reference) {
        return new Template(
                OWN_PAIR,
                talk("Request", "question", turn)
                        + (reference.isEmpty() ? "" : talk("A right answer", "ref_answer", turn))
                        + talk("Answer of A", "answer_a", turn)
                        + talk("Answer of B", "answer_b", turn));
    }

    private static Template ownSingle(int turn, List<String> reference) {
        return new Template(
                OWN_SINGLE,
                talk("Request", "question", turn)
                        + (reference.isEmpty() ? "" : talk("A right answer", "ref_answer", turn))
                        + talk("Answer", "answer", turn));
    }

    private static String talk(String title, String name, int turns) {
        StringBuilder text = new StringBuilder();
        for (int t = 1; t <= turns; t++) {
            text.append("[%s%s]\n{%s_%d}\n\n".formatted(title, turns > 1 ? ", turn " + t : "", name, t));
        }
        return text.toString();
    }
}
