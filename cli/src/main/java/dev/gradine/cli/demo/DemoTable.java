package dev.gradine.cli.demo;

import java.io.PrintWriter;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// Prints what was measured, one column a state of the model.
///
/// @param print where to
/// @param names of the states
/// @param scores of the states, as many
public record DemoTable(PrintWriter print, List<String> names, List<Scores> scores) {

    private static final int LABEL = 46;
    private static final int SHOWN = 2;
    private static final String MARGIN = " ".repeat(11);
    private static final int WIDTH = 90; // columns of a story

    /// Prints the figures, then two stories.
    ///
    /// @param pairs how many held-out pairs there were
    public void print(int pairs) {
        StringBuilder head = new StringBuilder(" ".repeat(LABEL));
        for (String name : names) head.append("%11s".formatted(name));
        print.println(head);
        int stories = scores.getFirst().told().size();
        row("loss on held-out endings, nats per token", "%11.4f", Scores::heldLoss);
        row("stories that end, %% of %d".formatted(stories), "%11.1f", s -> 100 * s.ending());
        row("stories in which somebody speaks, %", "%11.1f", s -> 100 * s.speaking());
        row("speaking story likelier, %% of %d pairs".formatted(pairs), "%11.1f", s -> 100 * s.likelier());
        row("speaking story gained since sft, %", "%11.1f", s -> 100 * s.rewarded());
        row("loss on whole stories, nats per token", "%11.4f", Scores::wholeLoss);
        for (int i = 0; i < Math.min(SHOWN, stories); i++) story(i);
        print.println();
    }

    private void row(String label, String format, ToDoubleFunction<Scores> value) {
        StringBuilder line = new StringBuilder(label).append(" ".repeat(LABEL - label.length()));
        for (Scores s : scores) line.append(format.formatted(value.applyAsDouble(s)));
        print.println(line);
    }

    private void story(int i) {
        print.println();
        paragraph("opening", scores.getFirst().told().get(i).prompt());
        for (int s = 0; s < scores.size(); s++) {
            Storyteller.Story story = scores.get(s).told().get(i);
            paragraph(names.get(s), story.text() + (story.ended() ? "" : " ..."));
        }
    }

    private void paragraph(String name, String text) {
        StringBuilder line = new StringBuilder(name).append(" ".repeat(MARGIN.length() - name.length()));
        int used = 0;
        for (String word : text.strip().split("\\s+", -1)) {
            if (used > 0 && used + word.length() >= WIDTH) {
                line.append(System.lineSeparator()).append(MARGIN);
                used = 0;
            }
            line.append(used == 0 ? "" : " ").append(word);
            used += word.length() + 1;
        }
        print.println(line);
    }
}
